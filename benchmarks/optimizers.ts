/**
 * Update rules compared on one small task: ResNet-20 on pictures of 32 pixels, the same number of epochs for all, each rule at the rate
 * that serves it best.
 *
 * `node benchmarks/run.mjs optimizers <folder of pictures> [pictures a class] [epochs] [seeds] [rules] [threads]`; default 150 8 3, all rules, every core. Each rule
 * trains once at every rate of its grid with seed 0; the rate with the best accuracy is trained with the other seeds. What is scored is never
 * trained on: half as many pictures of each class, the same for all.
 */
import { randomHorizontalFlip, splitExamples } from '@zoo/data';
import { imageBatches, readImageFolder } from '@zoo/data/node';
import { selectEngine } from '@zoo/engine';
import { cifarResnet } from '@zoo/resnet';
import { adamW, createTrainStep, evaluate, fit, muon, sgd, warmupCosine, type Optimizer } from '@zoo/train';

import { adan } from './optimizer-prototypes/adan';
import { median } from './shared/median';
import { labelsInTurn, randomImages } from './shared/zoo-training-step';

const [folder, perClass = '150', epochCount = '8', seedCount = '3', only = '', threads = ''] =
  process.argv.slice(2);
if (folder === undefined)
  throw new Error('Expected a folder of pictures. See the head of benchmarks/optimizers.ts.');
const EPOCHS = Number(epochCount);
const SEEDS = Number(seedCount);
const BATCH = 64;
const IMAGE_SIZE = 32;
const ROUNDS = 7;

/** A rule and the rates that it is tried with. */
interface Contender {
  readonly name: string;
  readonly rates: readonly number[];
  readonly make: (learningRate: number) => Optimizer;
}

const CONTENDERS: readonly Contender[] = [
  {
    name: 'sgd',
    rates: [0.03, 0.1, 0.3],
    make: (learningRate) => sgd({ learningRate, momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
  },
  {
    name: 'adamW',
    rates: [1e-3, 3e-3, 1e-2],
    make: (learningRate) => adamW({ learningRate, weightDecay: 0.05 }),
  },
  {
    name: 'muon',
    rates: [3e-3, 1e-2, 3e-2],
    make: (learningRate) => muon({ learningRate, weightDecay: 0.05 }),
  },
  {
    name: 'adan',
    rates: [3e-3, 1e-2, 3e-2],
    make: (learningRate) => adan({ learningRate, weightDecay: 0.02 }),
  },
];

const engine = await selectEngine({
  prefer: 'wasm',
  purpose: 'train',
  ...(threads !== '' && { threads: Number(threads) }),
});
const all = await readImageFolder(folder);
const wanted = (Number(perClass) * all.classNames.length) / all.examples.length;
const { validation: used } = splitExamples(all, { fraction: 1.5 * wanted, seed: 0 });
const { train, validation } = splitExamples(used, { fraction: 1 / 3, seed: 0 });

/** What a run came to. */
interface Outcome {
  readonly accuracy: number;
  readonly loss: number;
  readonly trainLoss: number;
  readonly seconds: number;
}

async function trainOnce({ make }: Contender, rate: number, seed: number): Promise<Outcome> {
  const source = await imageBatches(train, {
    imageSize: IMAGE_SIZE,
    batchSize: BATCH,
    augment: [randomHorizontalFlip()],
    cache: 'memory',
    seed,
  });
  const held = await imageBatches(validation, { imageSize: IMAGE_SIZE, batchSize: BATCH, shuffle: false });
  const model = cifarResnet(20, { classes: train.classNames.length, inputShape: [32, 32, 3], seed });
  const startMs = performance.now();
  const { epochs } = await fit(model, {
    train: source,
    epochs: EPOCHS,
    optimizer: make(rate),
    schedule: warmupCosine({
      peak: rate,
      warmupSteps: source.batchesPerEpoch,
      totalSteps: EPOCHS * source.batchesPerEpoch,
    }),
    seed,
    // A rate that is too high has lost the comparison, and ends it no earlier.
    onNotFinite: 'continue',
  });
  const seconds = (performance.now() - startMs) / 1000;
  const { accuracy, loss } = await evaluate(model, held);
  model.dispose();
  return { accuracy, loss, trainLoss: epochs.at(-1)!.metrics['loss']!, seconds };
}

function describe(name: string, rate: number, seed: number, outcome: Outcome): string {
  const { accuracy, loss, trainLoss, seconds } = outcome;
  return `${name.padEnd(6)} ${String(rate).padEnd(6)} seed ${seed}: ${(100 * accuracy).toFixed(1)} %, loss ${loss.toFixed(3)}, of training ${trainLoss.toFixed(3)}, ${seconds.toFixed(0)} s`;
}

/** Processor time of a step of each rule, in turn: medians of {@link ROUNDS}, in milliseconds. */
async function stepTimes(contenders: readonly Contender[]): Promise<number[]> {
  const images = randomImages(BATCH, IMAGE_SIZE);
  const labels = labelsInTurn(BATCH, train.classNames.length);
  const steps = contenders.map(({ make, rates }) => {
    const model = cifarResnet(20, { classes: train.classNames.length, inputShape: [32, 32, 3], seed: 0 });
    return createTrainStep(model, { optimizer: make(rates[0]!) });
  });
  const times = contenders.map((): number[] => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [index, step] of steps.entries()) {
      const start = process.cpuUsage();
      await step.run({ images, labels, sources: [] });
      const { user, system } = process.cpuUsage(start);
      if (round >= 0) times[index]!.push((user + system) / 1000);
    }
  }
  return times.map(median);
}

console.log(
  `${train.examples.length} pictures to train on, ${validation.examples.length} to score, ${EPOCHS} epochs, ${engine.name}`,
);
const contenders = CONTENDERS.filter(({ name }) => only === '' || only.split(',').includes(name));
for (const [index, time] of (await stepTimes(contenders)).entries()) {
  console.log(`a step of ${contenders[index]!.name}: ${time.toFixed(0)} ms of processor time`);
}
for (const contender of contenders) {
  const grid: [rate: number, outcome: Outcome][] = [];
  for (const rate of contender.rates) {
    const outcome = await trainOnce(contender, rate, 0);
    console.log(describe(contender.name, rate, 0, outcome));
    grid.push([rate, outcome]);
  }
  const [best, first] = grid.reduce((left, right) => (right[1].accuracy > left[1].accuracy ? right : left));
  const outcomes = [first];
  for (let seed = 1; seed < SEEDS; seed++) {
    const outcome = await trainOnce(contender, best, seed);
    console.log(describe(contender.name, best, seed, outcome));
    outcomes.push(outcome);
  }
  const mean = outcomes.reduce((sum, { accuracy }) => sum + accuracy, 0) / outcomes.length;
  const loss = outcomes.reduce((sum, each) => sum + each.loss, 0) / outcomes.length;
  console.log(
    `${contender.name}: at ${best} ${(100 * mean).toFixed(1)} %, loss ${loss.toFixed(3)}, mean of ${outcomes.length} seeds`,
  );
}
await engine.dispose();
