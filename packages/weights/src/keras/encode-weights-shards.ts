import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError } from '@zoo/core';

import { addChild, groupContent, writeHdf5, type GroupContent, type Hdf5Output } from '../hdf5/write-hdf5';
import { ELEMENT_BYTES, elementCount } from '../tensor-data';

import { putMetadata } from './encode-keras-h5';
import type { KerasTrainingOptions } from './encode-optimizer';
import { addVariableGroup, variableGroups } from './encode-weights-h5';

/** Weights in several files. */
export interface WeightsShards {
  /** The files, in order. */
  readonly shards: readonly Hdf5Output[];
  /** The text of `<base>.weights.json`, which variables are in which file, where the files have these names. */
  readonly index: (names: readonly string[]) => string;
}

/**
 * Lays `model`'s weights out as Keras does for `save_weights(..., max_shard_size)`: a file is closed before the variable that
 * would take its numbers beyond `maxShardBytes`, so that a layer may lie in two.
 *
 * @throws ArgumentError if one weight alone is larger.
 * @see keras/src/saving/saving_lib.py, `ShardedH5IOStore`
 */
export function encodeWeightsShards(
  model: tfl.LayersModel,
  maxShardBytes: number,
  options: KerasTrainingOptions = {},
): WeightsShards {
  const roots = [groupContent()];
  putMetadata(roots[0]!, model);
  const places = new Map<string, number[]>();
  let shardBytes = 0;
  let totalBytes = 0;
  for (const group of variableGroups(model, options)) {
    let content: GroupContent | undefined;
    group.variables.forEach((variable, i) => {
      const sizeBytes = elementCount(variable.shape) * ELEMENT_BYTES[variable.type];
      if (sizeBytes > maxShardBytes) {
        const name = `'${group.name}', which has ${sizeBytes} in one weight`;
        throw new ArgumentError('options.maxShardBytes', `bytes enough for ${name},`, maxShardBytes);
      }
      if (shardBytes + sizeBytes > maxShardBytes) {
        roots.push(groupContent());
        [shardBytes, content] = [0, undefined];
      }
      shardBytes += sizeBytes;
      totalBytes += sizeBytes;
      if (content === undefined) {
        content = addVariableGroup(roots.at(-1)!, group);
        const path = `/${group.path}`;
        places.set(path, [...(places.get(path) ?? []), roots.length - 1]);
      }
      addChild(content, String(i), variable);
    });
  }
  return {
    shards: roots.map((root) => writeHdf5(root)),
    index: (names) => {
      const map = Array.from(places, ([path, shards]) => [path, shards.map((shard) => names[shard])]);
      const index = { metadata: { total_size: totalBytes }, weight_map: Object.fromEntries(map) as object };
      return JSON.stringify(index, null, 4);
    },
  };
}
