/**
 * One rank of benchmarks/distributed.ts: `distributed-step.mjs network size batch-of-a-rank steps mode`. Rank 0 prints the median
 * milliseconds of a step. Modes: `overlap`, `behind` (gradients leave at the end of the backward pass), `silent` (none leave: what a
 * step takes without the exchange, with the other rank beside it).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchSource } from '@zoo/core';
import { selectEngine } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';
import { fit, sgd } from '@zoo/train';
import { openCommunicator, type Communicator } from '@zoo/train/distributed';

import { median } from './shared/median';

const [network = 'resnet20', size = '32', batch = '32', steps = '12', mode = 'overlap'] =
  process.argv.slice(2);
const [imageSize, ownBatch, stepCount] = [Number(size), Number(batch), Number(steps)];
const CLASSES = 10;

const communicator = await openCommunicator();
const batchSize = ownBatch * communicator.size;

const source: BatchSource = {
  classNames: Array.from({ length: CLASSES }, (_, index) => `class ${index}`),
  imageShape: [imageSize, imageSize, 3],
  exampleCount: (stepCount + 1) * batchSize,
  batchSize,
  batchesPerEpoch: stepCount + 1,
  batches: () => parts(batchSize),
  part: (_, ranks) => ({ ...source, batches: () => parts(batchSize / ranks) }),
};

// eslint-disable-next-line @typescript-eslint/require-await -- pictures in memory
async function* parts(count: number) {
  for (let step = 0; step <= stepCount; step++) {
    const labels = tf.oneHot(tf.cast(tf.mod(tf.range(0, count, 1, 'int32'), CLASSES), 'int32'), CLASSES);
    yield {
      images: tf.randomNormal<tf.Rank.R4>([count, imageSize, imageSize, 3], 0, 1, 'float32', step + 1),
      labels: tf.cast(labels, 'float32') as tf.Tensor2D,
      sources: [],
    };
    labels.dispose();
  }
}

/** Gradients stay where they are; what ranks agree on still goes round. */
const silent: Communicator = {
  ...communicator,
  allReduce: (values, reduction) =>
    values instanceof Float32Array ? Promise.resolve() : communicator.allReduce(values, reduction),
};

const engine = await selectEngine({ prefer: 'wasm', threads: 1 });
const model = createResnet(network, {
  inputShape: [imageSize, imageSize, 3],
  classes: CLASSES,
  weights: null,
  seed: 1,
});
const times: number[] = [];
let lastMs = performance.now();
await fit(model, {
  train: source,
  epochs: 1,
  optimizer: sgd({ learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4 }),
  distributed: { communicator: mode === 'silent' ? silent : communicator, overlap: mode === 'overlap' },
  callbacks: [
    {
      name: 'clock',
      onStepEnd: (run, { step }) => {
        times.push(performance.now() - lastMs);
        lastMs = performance.now();
        // Before the end of the epoch, at which ranks that exchanged nothing would be told apart.
        if (step === stepCount) run.stop('measured');
      },
    },
  ],
});
// The first half warms up: compilers take threads of their own, which two ranks have no core for.
if (communicator.rank === 0) console.log(median(times.slice(stepCount >> 1)).toFixed(1));
await communicator.finalize();
model.dispose();
await engine.dispose();
