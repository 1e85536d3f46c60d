import type * as tf from '@tensorflow/tfjs';
import { expectKnownOptions } from '@zoo/core';

import { loadKerasWeights } from './keras/load-keras-weights';
import type { LoadOptions } from './model/assign-weights';
import type { WeightsReport } from './model/weights-report';
import { loadSafetensors } from './safetensors/model-safetensors';
import { readSafetensorsTable } from './safetensors/read-safetensors';
import { withSource } from './source/open-source';
import { loadTorchWeights } from './torch/load-torch-weights';

/** Options of {@link loadWeightsFile}. */
export interface LoadWeightsFileOptions extends LoadOptions {
  /** How a Keras file's weights find their layers: see `loadKerasWeights`. Default 'name'. */
  by?: 'name' | 'topology';
  /** Load what fits and report the rest, instead of refusing. Default: false. */
  skipMismatch?: boolean;
}

/** True for files that by their name hold a PyTorch network's weights, or safetensors of any. */
export function isTorchFile(path: string): boolean {
  return /\.(safetensors|pth|pt|th|bin)$/i.test(path);
}

/**
 * Loads a Keras file, a PyTorch file or safetensors of either's layout into `model`, told apart by the ending of `path`.
 *
 * @param path A path (in Node) or address.
 * @throws What `loadKerasWeights`, `loadTorchWeights` and `loadSafetensors` throw.
 */
export async function loadWeightsFile(
  model: tf.LayersModel,
  path: string,
  options: LoadWeightsFileOptions = {},
): Promise<WeightsReport> {
  expectKnownOptions('options', options, ['by', 'skipMismatch', 'signal', 'onProgress']);
  if (!isTorchFile(path)) return loadKerasWeights(model, path, options);
  const common = { ...options };
  delete common.by;
  if (!/\.safetensors$/i.test(path)) return loadTorchWeights(model, path, common);
  return withSource(path, options, async (source) => {
    // Safetensors say in their metadata whose names and layouts they use: `tf` or `pt`.
    const { metadata } = await readSafetensorsTable(source);
    const load = metadata['format'] === 'tf' ? loadSafetensors : loadTorchWeights;
    return load(model, source, common);
  });
}
