import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type * as tf from '@tensorflow/tfjs';
import { ArgumentError, expectKnownOptions } from '@zoo/core';

import type { KerasTrainingOptions } from '../keras/encode-optimizer';
import { encodeWeightsH5 } from '../keras/encode-weights-h5';
import { encodeWeightsShards } from '../keras/encode-weights-shards';

import { writeFileAtomically, type WriteFileOptions } from './write-file-atomically';

const INDEX_ENDING = '.weights.json';

/** Options of {@link saveKerasWeights}. */
export interface SaveKerasWeightsOptions extends KerasTrainingOptions, WriteFileOptions {
  /**
   * Splits the weights into files that hold at most this many bytes of numbers each, beside an index at `path`, whose name has to
   * end in `.weights.json`. Keras 3.10 and later read them. Default: one file.
   */
  maxShardBytes?: number;
}

/**
 * Saves the weights of `model` as Keras 3's `.weights.h5`, atomically, or as `.weights.json` with shards. Keras loads them into a
 * model of the same architecture: `model.load_weights(path)`; it wants the name to end so. With `optimizer` its state is saved
 * too, which Keras loads if the model is compiled with such an optimizer.
 *
 * Shards take the place of older ones only when all are complete on the disk, and the index comes last.
 *
 * @throws ArgumentError for an unknown option, another ending than `.weights.json` with `maxShardBytes`, a weight larger than
 *   that, or an optimizer whose state is not that of the model's trainable weights; the file system's error, unchanged.
 */
export async function saveKerasWeights(
  model: tf.LayersModel,
  path: string,
  options: SaveKerasWeightsOptions = {},
): Promise<void> {
  expectKnownOptions('options', options, ['optimizer', 'maxShardBytes', 'signal']);
  const { maxShardBytes } = options;
  if (maxShardBytes === undefined) {
    await writeFileAtomically(path, encodeWeightsH5(model, options).pieces(), options);
    return;
  }
  if (!path.endsWith(INDEX_ENDING)) {
    throw new ArgumentError('path', `a name that ends in ${INDEX_ENDING} with \`maxShardBytes\``, path);
  }
  const { index, shards } = encodeWeightsShards(model, basename(path, INDEX_ENDING), maxShardBytes, options);
  const places = Array.from(shards, ([name, output]) => ({
    place: join(dirname(path), name),
    staged: join(dirname(path), `.${name}.new`),
    output,
  }));
  try {
    for (const { staged, output } of places) await writeFileAtomically(staged, output.pieces(), options);
    for (const { staged, place } of places) await rename(staged, place);
  } finally {
    await Promise.all(places.map(({ staged }) => rm(staged, { force: true })));
  }
  await writeFileAtomically(path, index);
}
