import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS, hasFusedKernel, softmaxCrossEntropy } from '@zoo/core';
import { tuneWebgpuProducts } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';

import { median } from '../shared/median';
import { labelsInTurn, randomImages } from '../shared/zoo-training-step';

import { startOurs, startStock } from './backends';
import type { Section, SectionContext } from './section';

type Precision = 'float32' | 'float16';

/** A network to train. */
interface Task {
  readonly network: string;
  readonly size: number;
  readonly batch: number;
  readonly classes: number;
}

/** A network, its batch and its optimizer's state on the backend that was current when it was made. */
export interface Trainer {
  /** Records a whole step; the loss is on the card. The caller disposes it. */
  step(): tf.Scalar;
  dispose(): void;
}

/** Builds the network and puts a batch on the current backend. */
export function createTrainer({ network, size, batch, classes }: Task): Trainer {
  const model = createResnet(network, {
    weights: null,
    inputShape: [size, size, 3],
    classes,
    classifierActivation: null,
    seed: 1,
  });
  const images = randomImages(batch, size);
  const labels = labelsInTurn(batch, classes);
  const variables = model.trainableWeights.map(({ name }) => tf.engine().registeredVariables[name]!);
  tf.tidy(() => {
    // Weights may share memory with each other (all zeros, say); the update in place must reach each alone.
    for (const variable of variables) variable.assign(tf.mul(variable, 1));
  });
  const velocities = variables.map((variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable), false)));
  const stockOptimizer = tf.train.momentum(0.01, 0.9);
  const update = (grads: tf.NamedTensorMap): void => {
    if (!hasFusedKernel(FUSED_KERNELS.sgdUpdate)) {
      stockOptimizer.applyGradients(grads as Parameters<typeof stockOptimizer.applyGradients>[0]);
      return;
    }
    const gradients = variables.map(({ name }) => grads[name]!);
    const inputs = [...variables, ...gradients, ...velocities] as unknown as tf.NamedTensorMap;
    const updated = tf.engine().runKernel<tf.Tensor[]>(FUSED_KERNELS.sgdUpdate, inputs, {
      learningRate: 0.01,
      momentum: 0.9,
      nesterov: false,
      weightDecays: variables.map(() => 0),
      gradientScale: 1,
    });
    updated.forEach((tensor, index) => [...variables, ...velocities][index]!.assign(tensor));
  };
  return {
    step: () =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(
          () => tf.mean(softmaxCrossEntropy(model.apply(images, { training: true }) as tf.Tensor2D, labels)),
          variables,
        );
        update(grads);
        return value;
      }),
    dispose: () => {
      tf.dispose([images, labels, ...velocities]);
      stockOptimizer.dispose();
      model.dispose();
    },
  };
}

/** Milliseconds a step over `steps` of them, recorded without a read between them, as `fit` does. */
async function timeSteps(
  { step }: Trainer,
  steps: number,
): Promise<{ ms: number; recordMs: number; loss: number }> {
  const begin = performance.now();
  let last: tf.Scalar | undefined;
  for (let index = 0; index < steps; index++) {
    last?.dispose();
    last = step();
  }
  const recordMs = (performance.now() - begin) / steps;
  const [loss] = await last!.data();
  last!.dispose();
  return { ms: (performance.now() - begin) / steps, recordMs, loss: loss! };
}

/** Who makes the steps; in processes of their own, since they are two users of one card. */
type Contender = 'ours' | 'stock' | 'tuned';

interface Start {
  readonly trainer: Trainer;
  readonly batch: number;
  readonly losses: number[];
}

const WARM_UP_STEPS = 3;
const STEPS_A_ROUND = 3;
const ROUNDS = 15;

/** The first steps, which compile; where memory does not last, with half the batch, and half of that. */
async function start(task: Task, { report }: SectionContext): Promise<Start | undefined> {
  for (let batch = task.batch; batch >= 1; batch = Math.floor(batch / 2)) {
    try {
      const trainer = createTrainer({ ...task, batch });
      const losses: number[] = [];
      for (let index = 0; index < WARM_UP_STEPS; index++) {
        const { ms, loss } = await timeSteps(trainer, 1);
        if (!Number.isFinite(loss)) throw new Error(`the loss is ${loss}`);
        losses.push(loss);
        report({ batch, step: index + 1, ms: round(ms), loss });
      }
      return { trainer, batch, losses };
    } catch (error) {
      report({ batch, failed: String(error) });
    }
  }
  return undefined;
}

async function train(task: Task, context: SectionContext, options: TrainingSectionOptions): Promise<void> {
  const { contender = 'ours', precision = 'float32' } = options;
  const { isSmall, report, secondsLeft } = context;
  report({ ...task, contender, precision });
  if (contender === 'stock') await startStock();
  else report({ engine: (await startOurs({ precision })).reason });
  const started = await start(task, context);
  if (started === undefined) return;
  const { trainer, batch, losses } = started;
  if (contender === 'tuned') await tune(trainer, context);
  const milliseconds: number[] = [];
  const recordings: number[] = [];
  for (let index = 0; index < (isSmall ? 2 : ROUNDS) && (index < 2 || secondsLeft() > 0); index++) {
    const { ms, recordMs, loss } = await timeSteps(trainer, STEPS_A_ROUND);
    milliseconds.push(ms);
    recordings.push(recordMs);
    losses.push(loss);
  }
  const medianMs = median(milliseconds);
  report({
    result: `${task.network} ${task.size} px`,
    ...{ contender, precision, batch, rounds: milliseconds.length },
    medianMs: round(medianMs),
    bestMs: round(Math.min(...milliseconds)),
    // What the program itself takes to record a step, while the card is busy or not.
    recordMs: round(median(recordings)),
    imagesASecond: round((1000 * batch) / medianMs),
    losses: losses.map((loss) => Number(loss.toPrecision(7))),
  });
}

/** Measures every product of the step in every way and goes on with the fastest. */
async function tune({ step }: Trainer, { report }: SectionContext): Promise<void> {
  const products = await tuneWebgpuProducts(async () => {
    const loss = step();
    await loss.data();
    loss.dispose();
  });
  for (const { kind, variant, size, count, plans } of products) {
    const fastest = plans.slice(0, 3).map(({ tile, splits, durationMs, gflops }) => ({
      tile: Object.values(tile).join(' '),
      ...{ splits, ms: round(durationMs), gflops: Math.round(gflops) },
    }));
    report({ product: { kind, variant, ...size, count, fastest } });
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

interface TrainingSectionOptions {
  budgetSeconds: number;
  contender?: Contender;
  precision?: Precision;
}

function trainingSection(name: string, task: Task, options: TrainingSectionOptions): Section {
  const isCifar = task.network === 'resnet20';
  const small: Task = {
    ...task,
    ...{ size: isCifar ? 8 : 32, batch: 2, network: isCifar ? 'resnet20' : 'resnet18' },
  };
  return {
    name,
    budgetSeconds: options.budgetSeconds,
    run: (context) => train(context.isSmall ? small : task, context, options),
  };
}

const RESNET50: Task = { network: 'resnet50', size: 224, batch: 32, classes: 1000 };
const RESNET18: Task = { network: 'resnet18', size: 224, batch: 32, classes: 1000 };
const RESNET20: Task = { network: 'resnet20', size: 32, batch: 128, classes: 10 };
const STOCK: TrainingSectionOptions = { budgetSeconds: 40, contender: 'stock' };
const OURS: TrainingSectionOptions = { budgetSeconds: 20 };

/** Training steps: ours and TensorFlow.js' own in turn, float32 and float16, and after every product has been measured. */
export const trainingSections: readonly Section[] = [
  trainingSection('train resnet50', RESNET50, OURS),
  trainingSection('train resnet50 stock', RESNET50, STOCK),
  trainingSection('train resnet50 again', RESNET50, OURS),
  trainingSection('train resnet50 stock again', RESNET50, STOCK),
  trainingSection('train resnet20', RESNET20, OURS),
  trainingSection('train resnet20 stock', RESNET20, STOCK),
  trainingSection('train resnet18', RESNET18, OURS),
  trainingSection('train resnet50 float16', RESNET50, { ...OURS, precision: 'float16' }),
  trainingSection('train resnet20 float16', RESNET20, { ...OURS, precision: 'float16' }),
  trainingSection('train resnet50 tuned', RESNET50, { budgetSeconds: 60, contender: 'tuned' }),
];
