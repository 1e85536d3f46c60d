import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, pickOptions, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { expectModelFileName, modelFilePieces } from '../encode-model-file';
import { encodeKerasArchive } from '../keras/encode-keras-archive';
import { encodeKerasH5, KERAS_H5_OPTIONS } from '../keras/encode-keras-h5';
import { KERAS_COMPILE_OPTIONS, KERAS_TRAINING_OPTIONS } from '../keras/encode-optimizer';
import { encodeWeightsH5 } from '../keras/encode-weights-h5';
import { encodeWeightsShards } from '../keras/encode-weights-shards';
import { exportOnnx, ONNX_OPTIONS } from '../onnx/export-onnx';
import { encodeSafetensors, SAFETENSORS_OPTIONS } from '../safetensors/write-safetensors';

import { INDEX_ENDING, saveShards } from './save-shards';
import { SAVE_OPTIONS, writeFileAtomically, type FileContent } from './write-file-atomically';

/** Options of every saver. */
export interface SaveOptions extends OptionsOf<typeof SAVE_OPTIONS> {}

const SAVE_SAFETENSORS_OPTIONS = { ...SAFETENSORS_OPTIONS, ...SAVE_OPTIONS } as const satisfies OptionTable;

/** Options of {@link saveSafetensors} and {@link saveModelFile}. */
export interface SaveSafetensorsOptions extends OptionsOf<typeof SAVE_SAFETENSORS_OPTIONS> {}

/**
 * Refuses a path whose ending names no kind of file that {@link saveModelFile} writes.
 *
 * @param argument What the path is called in the error.
 * @throws ArgumentError that lists the endings.
 */
export function expectSavablePath(path: string, argument = 'path'): void {
  expectModelFileName(path, argument);
}

/**
 * Saves `model` as the one file that the path's ending names, atomically: `.h5` (Keras, whole model), `.weights.h5`, `.keras`,
 * `.safetensors` or `.onnx`. A TensorFlow.js model is a folder: see `saveLayersModel`.
 *
 * @param options `dtype: 'float16'` and `'int8'` are for safetensors and ONNX.
 * @throws ArgumentError for another ending, or a `dtype` that the format has no room for; what the format's own saver throws.
 */
export async function saveModelFile(
  model: tfl.LayersModel,
  path: string,
  options: SaveSafetensorsOptions = {},
): Promise<void> {
  readOptions(SAVE_SAFETENSORS_OPTIONS, options);
  const content = await modelFilePieces(model, path, 'path', pickOptions(SAFETENSORS_OPTIONS, options));
  await write(path, content, options);
}

const SAVE_KERAS_OPTIONS = { ...KERAS_COMPILE_OPTIONS, ...SAVE_OPTIONS } as const satisfies OptionTable;

/** Options of {@link saveKeras}. */
export interface SaveKerasOptions extends OptionsOf<typeof SAVE_KERAS_OPTIONS> {}

/**
 * Saves `model` as a `.keras` archive, architecture and weights, atomically. Keras 3 loads it: `keras.models.load_model(path)`;
 * with `optimizer` compiled, so that it goes on training where it was.
 *
 * @throws ArgumentError for an unknown option, or an optimizer whose state is not that of the model's trainable weights; the file
 *   system's error, unchanged.
 */
export async function saveKeras(
  model: tfl.LayersModel,
  path: string,
  options: SaveKerasOptions = {},
): Promise<void> {
  readOptions(SAVE_KERAS_OPTIONS, options);
  await write(path, encodeKerasArchive(model, options), options);
}

const SAVE_KERAS_H5_OPTIONS = { ...KERAS_H5_OPTIONS, ...SAVE_OPTIONS } as const satisfies OptionTable;

/** Options of {@link saveKerasH5}. */
export interface SaveKerasH5Options extends OptionsOf<typeof SAVE_KERAS_H5_OPTIONS> {}

/**
 * Saves `model` as Keras' legacy `.h5`, full model or weights only, atomically; each weight is read and written in turn.
 *
 * Keras 3 and tf.keras load it: `keras.models.load_model(path)`, or `model.load_weights(path)`. With
 * `optimizer` the model is loaded compiled, and goes on training where it was.
 *
 * @throws ArgumentError for an unknown option, or an optimizer whose state is not that of the model's trainable weights; the file system's error, unchanged.
 */
export async function saveKerasH5(
  model: tfl.LayersModel,
  path: string,
  options: SaveKerasH5Options = {},
): Promise<void> {
  readOptions(SAVE_KERAS_H5_OPTIONS, options);
  await write(path, encodeKerasH5(model, options).pieces(), options);
}

const SAVE_KERAS_WEIGHTS_OPTIONS = {
  ...KERAS_TRAINING_OPTIONS,
  ...SAVE_OPTIONS,
  /**
   * Splits the weights into files that hold at most this many bytes of numbers each, beside an index at `path`, whose name has to
   * end in `.weights.json`. Keras 3.10 and later read them. Default: one file.
   */
  maxShardBytes: { type: 'integer', minimum: 1 },
} as const satisfies OptionTable;

/** Options of {@link saveKerasWeights}. */
export interface SaveKerasWeightsOptions extends OptionsOf<typeof SAVE_KERAS_WEIGHTS_OPTIONS> {}

/**
 * Saves the weights of `model` as Keras 3's `.weights.h5`, atomically, or as `.weights.json` with shards. Keras loads them into a model of
 * the same architecture: `model.load_weights(path)`; it wants the name to end so. With `optimizer` its state is saved too, which Keras
 * loads if the model is compiled with such an optimizer.
 *
 * Shards are named after their content. The index is written when all shards are complete on the disk, and only then are the former shards
 * removed: a reader finds the old weights or the new ones, whenever this process ends.
 *
 * @throws ArgumentError for an unknown option, another ending than `.weights.json` with `maxShardBytes`, a weight larger than that, or an
 *   optimizer whose state is not that of the model's trainable weights; the file system's error, unchanged.
 */
export async function saveKerasWeights(
  model: tfl.LayersModel,
  path: string,
  options: SaveKerasWeightsOptions = {},
): Promise<void> {
  const { maxShardBytes } = readOptions(SAVE_KERAS_WEIGHTS_OPTIONS, options);
  if (maxShardBytes === undefined) {
    await write(path, encodeWeightsH5(model, options).pieces(), options);
    return;
  }
  if (!path.endsWith(INDEX_ENDING)) {
    throw new ArgumentError('path', `a name that ends in ${INDEX_ENDING} with \`maxShardBytes\``, path);
  }
  await saveShards(
    encodeWeightsShards(model, maxShardBytes, options),
    path,
    pickOptions(SAVE_OPTIONS, options),
  );
}

/**
 * Saves the weights of `model` as safetensors under the names `<layer>/<weight>`, atomically; with `dtype: 'float16'` in half the bytes.
 *
 * @throws ArgumentError for an unknown option, or a weight beyond what float16 holds; the file system's error, unchanged.
 */
export async function saveSafetensors(
  model: tfl.LayersModel,
  path: string,
  options: SaveSafetensorsOptions = {},
): Promise<void> {
  readOptions(SAVE_SAFETENSORS_OPTIONS, options);
  const bytes = await encodeSafetensors(model, pickOptions(SAFETENSORS_OPTIONS, options));
  await writeFileAtomically(path, bytes, pickOptions(SAVE_OPTIONS, options));
}

const SAVE_ONNX_OPTIONS = { ...ONNX_OPTIONS, ...SAVE_OPTIONS } as const satisfies OptionTable;

/** Options of {@link saveOnnx}. */
export interface SaveOnnxOptions extends OptionsOf<typeof SAVE_ONNX_OPTIONS> {}

/** Saves `model` as ONNX, atomically, with the options and errors of {@link exportOnnx}; errors of the file system pass unchanged. */
export async function saveOnnx(
  model: tfl.LayersModel,
  path: string,
  options: SaveOnnxOptions = {},
): Promise<void> {
  readOptions(SAVE_ONNX_OPTIONS, options);
  const bytes = await exportOnnx(model, pickOptions(ONNX_OPTIONS, options));
  await writeFileAtomically(path, bytes, pickOptions(SAVE_OPTIONS, options));
}

function write(path: string, content: FileContent, options: SaveOptions): Promise<void> {
  return writeFileAtomically(path, content, pickOptions(SAVE_OPTIONS, options));
}
