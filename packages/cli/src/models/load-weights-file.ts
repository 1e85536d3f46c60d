import type * as tf from '@tensorflow/tfjs';
import {
  loadKerasWeights,
  loadSafetensors,
  loadTorchWeights,
  openSource,
  readSafetensorsTable,
  type WeightsReport,
} from '@zoo/weights/node';

import { isTorchFile } from './open-model';

/** How weights find their layers. */
export interface LoadWeightsFileOptions {
  /** For Keras files. Default `name`. */
  by?: 'name' | 'topology';
  /** Takes what fits and reports the rest, instead of refusing. Default false. */
  skipMismatch?: boolean;
}

/** Loads a Keras file, a PyTorch file or safetensors of either's layout into `model`. */
export async function loadWeightsFile(
  model: tf.LayersModel,
  path: string,
  { by = 'name', skipMismatch = false }: LoadWeightsFileOptions = {},
): Promise<WeightsReport> {
  if (!isTorchFile(path)) return loadKerasWeights(model, path, { by, skipMismatch });
  if (/\.safetensors$/i.test(path) && (await isTensorFlowSafetensors(path))) {
    return loadSafetensors(model, path, { skipMismatch });
  }
  return loadTorchWeights(model, path, { skipMismatch });
}

/** Safetensors say in their metadata whose names and layouts they use: `tf` or `pt`. */
async function isTensorFlowSafetensors(path: string): Promise<boolean> {
  const source = await openSource(path);
  try {
    const { metadata } = await readSafetensorsTable(source);
    return metadata['format'] === 'tf';
  } finally {
    await source.close?.();
  }
}
