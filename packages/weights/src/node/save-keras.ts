import type * as tf from '@tensorflow/tfjs';
import { expectKnownOptions } from '@zoo/core';

import { encodeKerasArchive } from '../keras/encode-keras-archive';
import { encodeWeightsH5 } from '../keras/encode-weights-h5';

import { writeFileAtomically, type WriteFileOptions } from './write-file-atomically';

/**
 * Saves `model` as a `.keras` archive, architecture and weights, atomically. Keras 3 loads it: `keras.models.load_model(path)`.
 *
 * @throws ArgumentError for an unknown option; the file system's error, unchanged.
 */
export async function saveKeras(
  model: tf.LayersModel,
  path: string,
  options: WriteFileOptions = {},
): Promise<void> {
  expectKnownOptions('options', options, ['signal']);
  await writeFileAtomically(path, encodeKerasArchive(model), options);
}

/**
 * Saves the weights of `model` as Keras 3's `.weights.h5`, atomically. Keras loads them into a model of the same architecture:
 * `model.load_weights(path)`; it wants the name to end in `.weights.h5`.
 *
 * @throws ArgumentError for an unknown option; the file system's error, unchanged.
 */
export async function saveKerasWeights(
  model: tf.LayersModel,
  path: string,
  options: WriteFileOptions = {},
): Promise<void> {
  expectKnownOptions('options', options, ['signal']);
  await writeFileAtomically(path, encodeWeightsH5(model).pieces(), options);
}
