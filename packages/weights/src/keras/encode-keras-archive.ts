import type * as tf from '@tensorflow/tfjs';

import { writeZip } from '../source/write-zip';

import { encodeWeightsH5 } from './encode-weights-h5';
import { KERAS3_VERSION, keras3Config } from './keras3-config';

/** The bytes of `model` as Keras 3's `.keras`, in pieces; each weight is read when its turn comes. */
export function encodeKerasArchive(model: tf.LayersModel): AsyncGenerator<Uint8Array> {
  const text = (value: unknown) => () => [new TextEncoder().encode(JSON.stringify(value))];
  return writeZip([
    // Keras wants a date; a fixed one gives the same bytes for the same model.
    {
      name: 'metadata.json',
      pieces: text({ keras_version: KERAS3_VERSION, date_saved: '1980-01-01@00:00:00' }),
    },
    { name: 'config.json', pieces: text(keras3Config(model)) },
    { name: 'model.weights.h5', pieces: () => encodeWeightsH5(model).pieces() },
  ]);
}
