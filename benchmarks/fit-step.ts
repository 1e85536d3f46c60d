/**
 * A training step of `fit` beside the bare step, `createTrainStep` in a loop, and beside TensorFlow.js' own `trainOnBatch`, on the same
 * engine and the same network, in turn.
 *
 * `node benchmarks/run.mjs fit-step [network] [size] [batch] [rounds] [steps]`; default resnet20 32 32 5 40. Both networks have the zoo's batch norm and
 * run on the zoo's kernels: what differs is loss, optimizer and loop. Read the processor time on a busy machine. One more round of `fit` is then
 * profiled: its samples outside of the step are what the loop costs, without the noise between rounds.
 */
import { Session } from 'node:inspector/promises';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { BatchRequest, BatchSource } from '@zoo/core';
import { selectEngine } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';
import { createTrainStep, fit, sgd, type TrainStep } from '@zoo/train';

const [network = 'resnet20', size = '32', batch = '32', rounds = '5', steps = '40'] = process.argv.slice(2);
const [imageSize, batchSize, roundCount] = [Number(size), Number(batch), Number(rounds)];
const STEPS = Number(steps);
const CLASSES = 10;

const images = (): tf.Tensor4D => tf.randomNormal([batchSize, imageSize, imageSize, 3], 0, 1, 'float32', 1);
const labels = (): tf.Tensor2D =>
  tf.cast(
    tf.oneHot(tf.cast(tf.mod(tf.range(0, batchSize, 1, 'int32'), CLASSES), 'int32'), CLASSES),
    'float32',
  ) as tf.Tensor2D;

const source: BatchSource = {
  classNames: Array.from({ length: CLASSES }, (_, index) => `class ${index}`),
  imageShape: [imageSize, imageSize, 3],
  exampleCount: STEPS * batchSize,
  batchSize,
  batchesPerEpoch: STEPS,
  // eslint-disable-next-line @typescript-eslint/require-await -- pictures in memory
  batches: async function* ({ firstBatch = 0 }: BatchRequest) {
    for (let index = firstBatch; index < STEPS; index++) {
      yield tf.tidy(() => ({ images: images(), labels: labels(), sources: [] }));
    }
  },
};

function build(): tfl.LayersModel {
  return createResnet(network, {
    inputShape: [imageSize, imageSize, 3],
    classes: CLASSES,
    weights: null,
    seed: 1,
  });
}

/** Milliseconds a step, by the clock and by the processors' time. */
interface StepTime {
  wallMs: number;
  processorMs: number;
}

async function timeSteps(run: () => Promise<unknown>): Promise<StepTime> {
  const startMs = performance.now();
  const startUsage = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(startUsage);
  return { wallMs: (performance.now() - startMs) / STEPS, processorMs: (user + system) / 1000 / STEPS };
}

const optimizer = sgd({ learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4 });

function stepByFit(model: tfl.LayersModel): Promise<unknown> {
  return fit(model, { train: source, epochs: 1, optimizer });
}

async function stepAlone(step: TrainStep): Promise<void> {
  for await (const batch of source.batches({ epoch: 0 })) {
    await step.run(batch);
    tf.dispose([batch.images, batch.labels]);
  }
}

async function stepByTrainOnBatch(model: tfl.LayersModel): Promise<void> {
  for await (const { images: pictures, labels: targets } of source.batches({ epoch: 0 })) {
    await model.trainOnBatch(pictures, targets);
    tf.dispose([pictures, targets]);
  }
}

/** What a bare loop calls, too: tensors are computed and batches made in `tidy`; `addBatch` reads the loss. */
const BARE_FUNCTIONS = ['tidy', 'addBatch'];

/** The share of the samples of `fit` in JavaScript and kernels that lie in none of {@link BARE_FUNCTIONS}. */
async function shareOfLoop(model: tfl.LayersModel): Promise<number> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  await stepByFit(model);
  const { nodes, samples = [] } = (await session.post('Profiler.stop')).profile;
  session.disconnect();
  const isBare = new Set<number>();
  const isRuntime = new Set<number>();
  // A caller comes before what it calls.
  for (const { id, callFrame, children = [] } of nodes) {
    if (BARE_FUNCTIONS.includes(callFrame.functionName)) isBare.add(id);
    if (isBare.has(id)) for (const child of children) isBare.add(child);
    // Idle, garbage collection and the like stand beside the program.
    if (callFrame.functionName.startsWith('(') && callFrame.url === '') isRuntime.add(id);
  }
  const busy = samples.filter((id) => !isRuntime.has(id));
  return busy.filter((id) => !isBare.has(id)).length / busy.length;
}

function describe(name: string, times: readonly StepTime[]): string {
  const median = (values: number[]): string =>
    values.sort((left, right) => left - right)[Math.floor(values.length / 2)]!.toFixed(0);
  const wall = median(times.map(({ wallMs }) => wallMs));
  const processor = median(times.map(({ processorMs }) => processorMs));
  return `${name.padEnd(12)} ${wall} ms a step, ${processor} ms of processor time`;
}

const engine = await selectEngine({ purpose: 'train' });
const ours = build();
const theirs = build();
theirs.compile({
  optimizer: tf.train.momentum(0.01, 0.9),
  loss: 'categoricalCrossentropy',
  metrics: ['accuracy'],
});
const bare = build();
const step = createTrainStep(bare, { optimizer });
const times: Record<'fit' | 'bare step' | 'trainOnBatch', StepTime[]> = {
  fit: [],
  'bare step': [],
  trainOnBatch: [],
};
await stepByFit(ours);
await stepAlone(step);
await stepByTrainOnBatch(theirs);
for (let round = 0; round < roundCount; round++) {
  times.fit.push(await timeSteps(() => stepByFit(ours)));
  times['bare step'].push(await timeSteps(() => stepAlone(step)));
  times.trainOnBatch.push(await timeSteps(() => stepByTrainOnBatch(theirs)));
}
console.log(
  `${network}, ${imageSize} px, batch ${batchSize}, ${engine.name}, ${engine.threads ?? '?'} threads`,
);
for (const [name, measured] of Object.entries(times)) console.log(describe(name, measured));
const shares = times.fit.map(
  ({ processorMs }, round) => processorMs / times['bare step'][round]!.processorMs - 1,
);
console.log(
  `fit over the bare step, round by round: ${shares.map((share) => (100 * share).toFixed(1)).join(', ')} %`,
);
console.log(`of fit's samples outside of the step: ${(100 * (await shareOfLoop(ours))).toFixed(2)} %`);
step.dispose();
bare.dispose();
ours.dispose();
theirs.dispose();
await engine.dispose();
