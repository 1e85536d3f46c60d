import type * as tf from '@tensorflow/tfjs';
import { expectKnownOptions } from '@zoo/core';

import { encodeKerasArchive } from '../keras/encode-keras-archive';
import type { KerasCompileOptions } from '../keras/encode-optimizer';

import { writeFileAtomically, type WriteFileOptions } from './write-file-atomically';

/** Options of {@link saveKeras}. */
export interface SaveKerasOptions extends KerasCompileOptions, WriteFileOptions {}

/**
 * Saves `model` as a `.keras` archive, architecture and weights, atomically. Keras 3 loads it: `keras.models.load_model(path)`;
 * with `optimizer` compiled, so that it goes on training where it was.
 *
 * @throws ArgumentError for an unknown option, or an optimizer whose state is not that of the model's trainable weights; the file
 *   system's error, unchanged.
 */
export async function saveKeras(
  model: tf.LayersModel,
  path: string,
  options: SaveKerasOptions = {},
): Promise<void> {
  expectKnownOptions('options', options, ['optimizer', 'loss', 'signal']);
  await writeFileAtomically(path, encodeKerasArchive(model, options), options);
}
