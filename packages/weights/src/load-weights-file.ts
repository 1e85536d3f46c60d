import type * as tf from '@tensorflow/tfjs';
import { expectKnownOptions } from '@zoo/core';

import { loadKerasWeights } from './keras/load-keras-weights';
import type { RenameLayer } from './keras/name-stored-layers';
import type { LoadOptions } from './model/assign-weights';
import type { WeightsReport } from './model/weights-report';
import { loadSafetensors } from './safetensors/model-safetensors';
import { readSafetensorsTable } from './safetensors/read-safetensors';
import { readWithin } from './source/byte-source';
import { withSource, type WeightFile } from './source/open-source';
import { loadTorchWeights } from './torch/load-torch-weights';
import { isSafetensors, isTorchContent } from './torch/open-torch-file';

/** Options of {@link loadWeightsFile}. */
export interface LoadWeightsFileOptions extends LoadOptions {
  /** How a Keras file's weights find their layers: see `loadKerasWeights`. */
  by?: 'name' | 'topology';
  /** What a layer of a Keras file is called in the model: see `loadKerasWeights`. */
  rename?: RenameLayer;
  /** Load what fits and report the rest, instead of refusing. Default: false. */
  skipMismatch?: boolean;
}

/** True for files that by their name hold a PyTorch network's weights, or safetensors of any. */
export function isTorchFile(path: string): boolean {
  return /\.(safetensors|pth|pt|th|bin)$/i.test(path);
}

/**
 * Loads a Keras file, a PyTorch file or safetensors of either's layout into `model`, told apart by content, whatever the name.
 *
 * @param file A path (in Node), address, Blob, File, bytes or ByteSource.
 * @throws What `loadKerasWeights`, `loadTorchWeights` and `loadSafetensors` throw.
 */
export async function loadWeightsFile(
  model: tf.LayersModel,
  file: WeightFile,
  options: LoadWeightsFileOptions = {},
): Promise<WeightsReport> {
  expectKnownOptions('options', options, ['by', 'rename', 'skipMismatch', 'signal', 'onProgress']);
  return withSource(file, options, async (source) => {
    const start = await readWithin(source, 0, Math.min(512, source.sizeBytes));
    const common = { ...options };
    delete common.by;
    delete common.rename;
    if (isSafetensors(start)) {
      // Safetensors say in their metadata whose names and layouts they use: `tf` or `pt`.
      const { metadata } = await readSafetensorsTable(source);
      const load = metadata['format'] === 'tf' ? loadSafetensors : loadTorchWeights;
      return load(model, source, common);
    }
    const isTorch = await isTorchContent(source, start);
    return isTorch ? loadTorchWeights(model, source, common) : loadKerasWeights(model, source, options);
  });
}
