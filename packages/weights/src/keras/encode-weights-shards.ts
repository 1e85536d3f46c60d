import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, expectInteger } from '@zoo/core';

import { addChild, groupContent, writeHdf5, type GroupContent, type Hdf5Output } from '../hdf5/write-hdf5';
import { ELEMENT_BYTES, elementCount } from '../tensor-data';

import { putMetadata } from './encode-keras-h5';
import type { KerasTrainingOptions } from './encode-optimizer';
import { addVariableGroup, variableGroups } from './encode-weights-h5';

/** Weights in several files. */
export interface WeightsShards {
  /** The text of `<base>.weights.json`: which variables are in which file. */
  readonly index: string;
  /** The files by name, `<base>_00000.weights.h5` and so on, in order. */
  readonly shards: ReadonlyMap<string, Hdf5Output>;
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
  base: string,
  maxShardBytes: number,
  options: KerasTrainingOptions = {},
): WeightsShards {
  expectInteger('options.maxShardBytes', maxShardBytes, { minimum: 1 });
  const roots = [groupContent()];
  putMetadata(roots[0]!, model);
  const map: Record<string, string[]> = {};
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
        (map[`/${group.path}`] ??= []).push(shardName(base, roots.length - 1));
      }
      addChild(content, String(i), variable);
    });
  }
  const shards = new Map(roots.map((root, i) => [shardName(base, i), writeHdf5(root)]));
  const index = JSON.stringify({ metadata: { total_size: totalBytes }, weight_map: map }, null, 4);
  return { index, shards };
}

function shardName(base: string, i: number): string {
  return `${base}_${String(i).padStart(5, '0')}.weights.h5`;
}
