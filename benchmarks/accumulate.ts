/**
 * ResNet-50 at 224 px with an effective batch larger than the memory of a step allows: `fit` with `accumulateSteps` on wasm within a limit.
 *
 * `node benchmarks/run.mjs accumulate [micro-batch] [effective batch] [limit in GiB] [updates] [recompute]`; default 4 32 3 2. With
 * `recompute` activations are computed again (`recomputeActivations`). Prints the heap at its
 * largest and the process' peak memory; ends with the engine's error where a micro-batch does not fit.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { BatchRequest, BatchSource } from '@zoo/core';
import { selectEngine } from '@zoo/engine';
import { resnet50 } from '@zoo/resnet';
import { fit, sgd } from '@zoo/train';

import { labelsInTurn, randomImages } from './shared/zoo-training-step';

const recomputeActivations = process.argv.includes('recompute');
const [microBatch = 4, effectiveBatch = 32, limitGibibytes = 3, updates = 2] = process.argv
  .slice(2)
  .filter((argument) => argument !== 'recompute')
  .map(Number);
const [SIZE, CLASSES] = [224, 10];
const accumulateSteps = effectiveBatch / microBatch;
const batchesPerEpoch = accumulateSteps * updates;

const train: BatchSource = {
  classNames: Array.from({ length: CLASSES }, (_, index) => `class ${index}`),
  imageShape: [SIZE, SIZE, 3],
  exampleCount: batchesPerEpoch * microBatch,
  batchSize: microBatch,
  batchesPerEpoch,
  batches: async function* ({ firstBatch = 0 }: BatchRequest) {
    for (let index = firstBatch; index < batchesPerEpoch; index++) {
      await tf.nextFrame();
      yield {
        images: randomImages(microBatch, SIZE),
        labels: labelsInTurn(microBatch, CLASSES),
        sources: [],
      };
    }
  },
};

const engine = await selectEngine({
  prefer: 'wasm',
  threads: 2,
  memoryLimitBytes: limitGibibytes * 2 ** 30,
});
const model = resnet50({ weights: null, inputShape: [SIZE, SIZE, 3], classes: CLASSES, seed: 1 });
const start = performance.now();
const history = await fit(model, {
  train,
  epochs: 1,
  optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
  accumulateSteps,
  recomputeActivations,
});
const seconds = (performance.now() - start) / 1000;
// A wasm memory grows and never shrinks: its size is the heap at its largest.
const { HEAPU8 } = (tf.backend() as unknown as BackendWasm).wasm as unknown as { HEAPU8: Uint8Array };
const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
console.log(
  `resnet50, ${SIZE} px, ${accumulateSteps} x ${microBatch} images an update, limit ${limitGibibytes} GiB${recomputeActivations ? ', recomputed' : ''}: ` +
    `${(seconds / updates).toFixed(1)} s an update, heap ${gibibytes(HEAPU8.length)}, ` +
    `process ${gibibytes(process.resourceUsage().maxRSS * 1024)}, loss ${history.epochs.at(-1)?.metrics.loss}`,
);
await engine.dispose();
