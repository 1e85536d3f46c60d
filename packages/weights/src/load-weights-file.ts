import type * as tf from '@tensorflow/tfjs';
import { expectKnownOptions } from '@zoo/core';

import type { LoadWeightsFileOptions } from './formats/weight-format';
import { weightFormatOf } from './formats/weight-formats';
import type { WeightsReport } from './model/weights-report';
import { withSource, type WeightFile } from './source/open-source';

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
  return withSource(file, options, async (source) =>
    (await weightFormatOf(source)).load(model, source, options),
  );
}
