/**
 * What fewer channels within residual blocks gain and cost (`pruneChannels`).
 *
 * `node benchmarks/run.mjs pruning times [share] [rounds]`: processor time of predictions and training steps on wasm, one thread, whole and pruned
 * in turn; default 0.5 7.
 *
 * `node benchmarks/run.mjs pruning accuracy <idenprof/train> <idenprof/test> [share] [pictures a class] [epochs] [rate] [pixels]`: accuracy of
 * @zoo/idenprof's network whole, pruned by each importance, and trained on afterwards; default 0.5 100 2 0.01 and the network's own pixels.
 */
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata, type Preprocessing } from '@zoo/core';
import { randomHorizontalFlip, splitExamples } from '@zoo/data';
import { imageBatches, readImageFolder } from '@zoo/data/node';
import { foldBatchNorm, selectEngine } from '@zoo/engine';
import { createResnet, loadNetwork, summary } from '@zoo/resnet';
import { createTrainStep, evaluate, fit, sgd, warmupCosine } from '@zoo/train';
import { pruneChannels } from '@zoo/weights';

import { median } from './shared/median';
import { labelsInTurn, randomImages } from './shared/zoo-training-step';

const [mode = 'times', ...rest] = process.argv.slice(2);
const engine = await selectEngine({ prefer: 'wasm', purpose: 'train', threads: 1 });
if (mode === 'times') await printTimes(Number(rest[0] ?? 0.5), Number(rest[1] ?? 7));
else await printAccuracy(rest);
await engine.dispose();

/** Networks, sizes of pictures and batches that are timed. */
interface Timed {
  readonly network: string;
  readonly size: number;
  readonly batch: number;
}

async function printTimes(share: number, rounds: number): Promise<void> {
  const cases: readonly Timed[] = [
    { network: 'resnet18', size: 64, batch: 8 },
    { network: 'resnet50', size: 64, batch: 8 },
    { network: 'resnet20', size: 32, batch: 32 },
  ];
  for (const { network, size, batch } of cases) {
    const whole = createResnet(network, { inputShape: [size, size, 3], classes: 10, seed: 1 });
    const pruned = await pruneChannels(whole, { share });
    const work = [whole, pruned].map((model) => summary(model).multiplyAdds);
    const predictions = await ratios(
      [whole, pruned].map((model) => predictor(model, batch, size)),
      rounds,
    );
    const steps = await ratios(
      [whole, pruned].map((model) => stepper(model, batch, size)),
      rounds,
    );
    const describe = ({ firstMs, ratio }: Ratio) =>
      `${firstMs.toFixed(0)} ms, pruned ${ratio.toFixed(2)} of it`;
    console.log(`${network}, ${size} px, batch ${batch}, a share of ${share} gone:`);
    console.log(
      `  multiply-adds ${(work[1]! / work[0]!).toFixed(2)}, parameters ${(pruned.countParams() / whole.countParams()).toFixed(2)}`,
    );
    console.log(`  prediction    ${describe(predictions)}`);
    console.log(`  training step ${describe(steps)}`);
    whole.dispose();
    pruned.dispose();
  }
}

interface Ratio {
  readonly firstMs: number;
  /** Of the second's processor time, median over the rounds. */
  readonly ratio: number;
}

async function ratios(runs: readonly (() => Promise<void>)[], rounds: number): Promise<Ratio> {
  const times: number[][] = [];
  for (let round = -1; round < rounds; round++) {
    const row: number[] = [];
    for (const run of runs) {
      const start = process.cpuUsage();
      await run();
      const { user, system } = process.cpuUsage(start);
      row.push((user + system) / 1000);
    }
    if (round >= 0) times.push(row);
  }
  return {
    firstMs: median(times.map(([first]) => first!)),
    ratio: median(times.map(([first, second]) => second! / first!)),
  };
}

function predictor(model: tfl.LayersModel, batch: number, size: number): () => Promise<void> {
  const folded = foldBatchNorm(model);
  const images = randomImages(batch, size);
  return async () => {
    const scores = tf.tidy(() => folded.predict(images) as tf.Tensor);
    await scores.data();
    scores.dispose();
  };
}

function stepper(model: tfl.LayersModel, batch: number, size: number): () => Promise<void> {
  const step = createTrainStep(model, { optimizer: sgd({ learningRate: 0.001, momentum: 0.9 }) });
  const images = randomImages(batch, size);
  const labels = labelsInTurn(batch, 10);
  return async () => {
    await step.run({ images, labels, sources: [] });
  };
}

async function printAccuracy([trainFolder, testFolder, ...numbers]: readonly string[]): Promise<void> {
  if (testFolder === undefined)
    throw new Error('Expected two folders. See the head of benchmarks/pruning.ts.');
  const [share = 0.5, perClass = 100, epochs = 2, rate = 0.01, pixels] = numbers.map(Number);
  const file = fileURLToPath(import.meta.resolve('@zoo/idenprof/slim-resnet18-idenprof.safetensors'));
  const model = await loadNetwork(file, pixels === undefined ? {} : { inputShape: [pixels, pixels, 3] });
  const preprocessing = {
    ...(modelMetadata(model)!.preprocessing as Preprocessing),
    ...(pixels !== undefined && { imageSize: [pixels, pixels] as const }),
  };
  const test = await imageBatches(await readImageFolder(testFolder), {
    ...preprocessing,
    batchSize: 20,
    cache: 'memory',
    shuffle: false,
  });
  const say = async (what: string, of: tfl.LayersModel) =>
    console.log(`${what.padEnd(40)} ${(100 * (await evaluate(of, test)).accuracy).toFixed(2)} %`);
  await say('whole', model);
  const byKernel = await pruneChannels(model, { share, importance: 'kernelNorm' });
  await say(`${share} pruned by kernelNorm`, byKernel);
  byKernel.dispose();
  const pruned = await pruneChannels(model, { share });
  await say(`${share} pruned by normScale`, pruned);
  const all = await readImageFolder(trainFolder!);
  const fraction = Math.min(0.999, (perClass * all.classNames.length) / all.examples.length);
  const train = await imageBatches(splitExamples(all, { fraction, seed: 0 }).validation, {
    ...preprocessing,
    ...{ batchSize: 32, seed: 0, augment: [randomHorizontalFlip()] },
  });
  const totalSteps = epochs * train.batchesPerEpoch;
  await fit(pruned, {
    ...{ train, epochs, seed: 0, labelSmoothing: 0.1 },
    optimizer: sgd({ momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
    schedule: warmupCosine({ peak: rate, warmupSteps: Math.ceil(totalSteps / 20), totalSteps }),
  });
  await say(`trained on, ${train.exampleCount} pictures, ${epochs} epochs`, pruned);
  for (const each of [model, pruned]) each.dispose();
}
