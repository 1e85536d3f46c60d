import type * as tfl from '@tensorflow/tfjs-layers';
import { METADATA_KEY, modelMetadata } from '@zoo/core';

import { writeZip } from '../source/write-zip';

import { compileConfig, type KerasCompileOptions } from './encode-optimizer';
import { encodeWeightsH5 } from './encode-weights-h5';
import { KERAS3_VERSION } from './keras-config';
import { floatingJson, optimizerConfig } from './keras-optimizer';
import { keras3Config } from './keras3-config';

/**
 * The bytes of `model` as Keras 3's `.keras`, in pieces; each weight is read when its turn comes.
 *
 * @throws ArgumentError for an optimizer that is not the model's.
 */
export function encodeKerasArchive(
  model: tfl.LayersModel,
  options: KerasCompileOptions = {},
): AsyncGenerator<Uint8Array> {
  const weights = encodeWeightsH5(model, options);
  const metadata = modelMetadata(model);
  const text = (value: unknown) => () => [new TextEncoder().encode(floatingJson(value))];
  return writeZip([
    // Keras requires a date; a fixed one gives the same bytes for the same model.
    {
      name: 'metadata.json',
      pieces: text({
        keras_version: KERAS3_VERSION,
        date_saved: '1980-01-01@00:00:00',
        ...(metadata && { [METADATA_KEY]: metadata }),
      }),
    },
    { name: 'config.json', pieces: text({ ...keras3Config(model), ...compiled(options) }) },
    { name: 'model.weights.h5', pieces: () => weights.pieces() },
  ]);
}

function compiled(options: KerasCompileOptions) {
  const { optimizer } = options;
  if (optimizer === undefined) return {};
  const json = { module: 'keras.optimizers', registered_name: null, ...optimizerConfig(optimizer) };
  return { compile_config: { optimizer: json, ...compileConfig(options) } };
}
