import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { createRandom } from '@zoo/core';

/** Gives norms and biases values that no initializer gives. */
export function drawVectors(model: tfl.LayersModel): void {
  for (const [i, weight] of model.weights.entries()) {
    if (weight.shape.length !== 1) continue;
    const random = createRandom(1).fork('weight', i);
    const values = Float32Array.from({ length: weight.shape[0]! }, () => random.uniformBetween(0.3, 0.7));
    tf.tidy(() => {
      weight.write(tf.tensor1d(values));
    });
  }
}
