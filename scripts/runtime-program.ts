/** What scripts/check-runtimes.mjs runs in Bun and Deno: training on wasm threads, a Keras file written and read, pictures decoded. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import { selectEngine } from '@zoo/engine';
import { cifarResnet } from '@zoo/resnet';
import { fit, sgd } from '@zoo/train';
import { loadKerasModel } from '@zoo/weights';
import { saveKerasH5 } from '@zoo/weights/node';

const engine = await selectEngine({ prefer: 'wasm', threads: 2 });
const model = cifarResnet(8, { classes: 2, inputShape: [16, 16, 3], seed: 1 });
const source = {
  classNames: ['dark', 'light'],
  imageShape: [16, 16, 3] as const,
  exampleCount: 8,
  batchSize: 8,
  batchesPerEpoch: 1,
  async *batches() {
    const labels = tf.tidy(
      () => tf.oneHot(tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1], 'int32'), 2, 1, 0, 'float32') as tf.Tensor2D,
    );
    const images = tf.tidy(() => {
      const noise = tf.randomUniform<tf.Rank.R4>([8, 16, 16, 3], 0, 1, 'float32', 1);
      return tf.add<tf.Tensor4D>(noise, tf.reshape(tf.slice(labels, [0, 1], [8, 1]), [8, 1, 1, 1]));
    });
    yield await Promise.resolve({
      images,
      labels,
      sources: Array.from({ length: 8 }, (_, index) => String(index)),
    });
  },
};
const { epochs } = await fit(model, {
  train: source,
  epochs: 12,
  optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
});
const losses = epochs.map(({ metrics }) => metrics['loss']!);
if (!(losses.at(-1)! < losses[0]! / 2))
  throw new Error(`The loss went from ${losses[0]!} to ${losses.at(-1)!}.`);

const folder = await mkdtemp(join(tmpdir(), 'zoo-runtime-'));
await saveKerasH5(model, join(folder, 'model.h5'));
const loaded = await loadKerasModel(join(folder, 'model.h5'));
const [before, after] = [model, loaded].map((each) =>
  tf.tidy(() => (each.predict(tf.ones([1, 16, 16, 3])) as tf.Tensor).dataSync()),
);
if (before!.some((value, index) => Math.abs(value - after![index]!) > 1e-6))
  throw new Error('The file gives other values.');
await rm(folder, { recursive: true });
console.log(`${engine.reason}: loss ${losses[0]!.toFixed(3)} to ${losses.at(-1)!.toFixed(3)}`);
await engine.dispose();
