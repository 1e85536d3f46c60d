import type * as tf from '@tensorflow/tfjs';
import { expectKnownOptions } from '@zoo/core';

import { encodeKerasH5, type KerasH5Options } from '../keras/encode-keras-h5';

import { writeFileAtomically } from './write-file-atomically';

/** Options of {@link saveKerasH5}. */
export interface SaveKerasH5Options extends KerasH5Options {
  /** Aborted, nothing is left behind and what was there stays. */
  signal?: AbortSignal;
}

/**
 * Saves `model` as Keras' legacy `.h5`, full model or weights only, atomically; each weight is read and written in turn.
 *
 * Keras 3 and tf.keras load it: `keras.models.load_model(path)`, or `model.load_weights(path)`. With
 * `optimizer` the model is loaded compiled, and goes on training where it was.
 *
 * @throws ArgumentError for an unknown option, or an optimizer whose state is not that of the model's trainable weights; the file system's error, unchanged.
 */
export async function saveKerasH5(
  model: tf.LayersModel,
  path: string,
  options: SaveKerasH5Options = {},
): Promise<void> {
  expectKnownOptions('options', options, ['weightsOnly', 'optimizer', 'loss', 'signal']);
  await writeFileAtomically(path, encodeKerasH5(model, options).pieces(), options);
}
