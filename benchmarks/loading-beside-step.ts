/**
 * What loading costs a training step on wasm: steps on batches that are read from files, decoded and flipped meanwhile, beside the same
 * steps on one batch in memory, in turn.
 *
 * `node benchmarks/run.mjs loading-beside-step [directory] [network] [size] [batch] [workers] [rounds] [steps]`; default
 * ../shared/data/idenprof/test resnet18 64 32 2 7 8. The median over rounds of each, and of their ratios; on a busy machine read the
 * ratio of the processor's time, which others disturb least.
 */
import * as tf from '@tensorflow/tfjs-core';
import { disposeBatch, type Batch, type BatchSource } from '@zoo/core';
import { randomHorizontalFlip } from '@zoo/data';
import { imageBatches, readImageFolder } from '@zoo/data/node';
import { selectEngine } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';
import { createTrainStep, sgd, type TrainStep } from '@zoo/train';

import { median } from './shared/median';

const [
  directory = '../shared/data/idenprof/test',
  network = 'resnet18',
  size = '64',
  batch = '32',
  workers = '2',
  rounds = '7',
  steps = '8',
] = process.argv.slice(2);
const [imageSize, batchSize, stepCount] = [Number(size), Number(batch), Number(steps)];

/** Milliseconds a step, by the clock and by the processors' time. */
interface StepTime {
  readonly wallMs: number;
  readonly processorMs: number;
}

async function timed(work: () => Promise<unknown>): Promise<StepTime> {
  const startMs = performance.now();
  const usage = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(usage);
  return {
    wallMs: (performance.now() - startMs) / stepCount,
    processorMs: (user + system) / 1000 / stepCount,
  };
}

/** Whole batches, epoch after epoch. */
async function* endless(source: BatchSource): AsyncGenerator<Batch, void> {
  for (let epoch = 0; ; epoch++) yield* source.batches({ epoch });
}

async function stepOnFiles(step: TrainStep, batches: AsyncGenerator<Batch, void>): Promise<void> {
  for (let index = 0; index < stepCount; index++) {
    const { value } = await batches.next();
    await step.run(value!);
    disposeBatch(value!);
  }
}

async function stepOnMemory(step: TrainStep, held: Batch): Promise<void> {
  for (let index = 0; index < stepCount; index++) await step.run(held);
}

const engine = await selectEngine({ prefer: 'wasm', purpose: 'train' });
const folder = await readImageFolder(directory);
const source = await imageBatches(folder, {
  imageSize,
  batchSize,
  dropRemainder: true,
  augment: [randomHorizontalFlip()],
  workers: Number(workers),
});
const model = createResnet(network, {
  inputShape: [imageSize, imageSize, 3],
  classes: folder.classNames.length,
  weights: null,
  seed: 1,
});
const step = createTrainStep(model, { optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }) });
const batches = endless(source);
const held = (await batches.next()).value!;
await stepOnFiles(step, batches);
await stepOnMemory(step, held);
const fromFiles: StepTime[] = [];
const fromMemory: StepTime[] = [];
for (let round = 0; round < Number(rounds); round++) {
  fromFiles.push(await timed(() => stepOnFiles(step, batches)));
  fromMemory.push(await timed(() => stepOnMemory(step, held)));
}
console.log(
  `${network}, ${imageSize} px, batch ${batchSize}, wasm with ${engine.threads ?? 1} threads, ${workers} workers, ` +
    `${rounds} rounds of ${stepCount} steps`,
);
for (const [name, times] of [
  ['from files', fromFiles],
  ['from memory', fromMemory],
] as const) {
  const [wall, processor] = (['wallMs', 'processorMs'] as const).map((what) =>
    median(times.map((time) => time[what])).toFixed(1),
  );
  console.log(`${name.padEnd(12)} ${wall} ms a step, ${processor} ms of processor time`);
}
for (const what of ['wallMs', 'processorMs'] as const) {
  const ratios = fromFiles.map((time, round) => 100 * (time[what] / fromMemory[round]![what] - 1));
  console.log(
    `${what === 'wallMs' ? 'by the clock' : 'by the processor'}: ${median(ratios).toFixed(1)} % more ` +
      `(${ratios.map((ratio) => ratio.toFixed(1)).join(', ')})`,
  );
}
disposeBatch(held);
await batches.return();
step.dispose();
model.dispose();
tf.disposeVariables();
await engine.dispose();
