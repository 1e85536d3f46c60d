// What a user's page does, whatever bundles it.
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { selectEngine } from '@zoo/engine';

/** Trains a net for one step on wasm; the threads that computed it and the loss before and after. */
export async function trainOneStep() {
  const engine = await selectEngine({ prefer: 'wasm', threads: 2 });
  // Drawn without a seed, some weights make a step of this size go past the minimum, so that the loss rises.
  const kernelInitializer = tfl.initializers.glorotUniform({ seed: 1 });
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        ...{ inputShape: [8, 8, 3], filters: 8, kernelSize: 3, activation: 'relu' },
        kernelInitializer,
      }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 2, kernelInitializer }),
    ],
  });
  model.compile({ optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError' });
  const images = tf.ones([4, 8, 8, 3]);
  const targets = tf.ones([4, 2]);
  const before = await model.trainOnBatch(images, targets);
  const after = await model.trainOnBatch(images, targets);
  return { backend: tf.getBackend(), threads: engine.threads, before, after };
}
