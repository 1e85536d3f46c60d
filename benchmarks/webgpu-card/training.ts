import * as tf from '@tensorflow/tfjs';
import { FUSED_KERNELS, hasFusedKernel, softmaxCrossEntropy } from '@zoo/core';
import { createResnet } from '@zoo/resnet';

import { median } from '../shared/median';
import { labelsInTurn, randomImages } from '../shared/zoo-training-step';

import { OURS, startOurs, startStock, STOCK } from './backends';
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
async function timeSteps({ step }: Trainer, steps: number): Promise<{ ms: number; loss: number }> {
  const start = performance.now();
  let last: tf.Scalar | undefined;
  for (let index = 0; index < steps; index++) {
    last?.dispose();
    last = step();
  }
  const [loss] = await last!.data();
  last!.dispose();
  return { ms: (performance.now() - start) / steps, loss: loss! };
}

/** One of the two backends in a race. */
interface Contender {
  readonly backend: string;
  readonly trainer: Trainer;
  readonly batch: number;
  readonly milliseconds: number[];
  losses: number[];
}

const WARM_UP_STEPS = 3;

/** Starts a contender; where its memory does not last, with half the batch, and half of that. */
async function enter(
  backend: string,
  task: Task,
  { report }: SectionContext,
): Promise<Contender | undefined> {
  for (let batch = task.batch; batch >= 1; batch = Math.floor(batch / 2)) {
    await tf.setBackend(backend);
    try {
      const trainer = createTrainer({ ...task, batch });
      const losses: number[] = [];
      const start = performance.now();
      const first = await timeSteps(trainer, 1);
      report({ ...task, batch, backend, firstStepMs: Math.round(first.ms), loss: first.loss });
      if (!Number.isFinite(first.loss)) throw new Error(`the loss is ${first.loss}`);
      losses.push(first.loss);
      for (let index = 1; index < WARM_UP_STEPS; index++) losses.push((await timeSteps(trainer, 1)).loss);
      report({ backend, warmUpMs: Math.round(performance.now() - start), losses });
      return { backend, trainer, batch, milliseconds: [], losses };
    } catch (error) {
      report({ ...task, batch, backend, failed: String(error) });
      if (backend === OURS && batch < task.batch) return undefined;
    }
  }
  return undefined;
}

async function race(
  task: Task,
  context: SectionContext,
  withStock: boolean,
  precision: Precision,
): Promise<void> {
  const { report, secondsLeft } = context;
  await startOurs({ precision });
  const contenders: Contender[] = [];
  const ours = await enter(OURS, task, context);
  if (ours !== undefined) contenders.push(ours);
  if (withStock) {
    await startStock();
    const stock = await enter(STOCK, task, context);
    if (stock !== undefined) contenders.push(stock);
  }
  const stepsARound = 3;
  const rounds = context.isSmall ? 2 : 15;
  for (let round = 0; round < rounds && (round < 2 || secondsLeft() > 0); round++) {
    for (const contender of contenders) {
      await tf.setBackend(contender.backend);
      const { ms, loss } = await timeSteps(contender.trainer, stepsARound);
      contender.milliseconds.push(ms);
      contender.losses.push(loss);
    }
  }
  for (const { backend, batch, milliseconds, losses } of contenders) {
    const ms = median(milliseconds);
    report({
      result: `${task.network} ${task.size} px`,
      backend,
      precision,
      batch,
      medianMs: round(ms),
      bestMs: round(Math.min(...milliseconds)),
      imagesASecond: round((1000 * batch) / ms),
      rounds: milliseconds.length,
      losses,
    });
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function trainingSection(
  name: string,
  task: Task,
  { budgetSeconds, withStock = false, precision = 'float32' }: TrainingSectionOptions,
): Section {
  const small: Task = {
    ...task,
    size: 32,
    batch: 2,
    network: task.network === 'resnet20' ? 'resnet20' : 'resnet18',
  };
  return {
    name,
    budgetSeconds,
    run: (context) => race(context.isSmall ? small : task, context, withStock, precision),
  };
}

interface TrainingSectionOptions {
  budgetSeconds: number;
  withStock?: boolean;
  precision?: Precision;
}

const RESNET50: Task = { network: 'resnet50', size: 224, batch: 32, classes: 1000 };
const RESNET18: Task = { network: 'resnet18', size: 224, batch: 32, classes: 1000 };
const RESNET20: Task = { network: 'resnet20', size: 32, batch: 128, classes: 10 };

/** Training steps: ours beside TensorFlow.js' own, float32 beside float16. */
export const trainingSections: readonly Section[] = [
  trainingSection('train resnet50', RESNET50, { budgetSeconds: 80, withStock: true }),
  trainingSection('train resnet20', RESNET20, { budgetSeconds: 25, withStock: true }),
  trainingSection('train resnet18', RESNET18, { budgetSeconds: 30 }),
  trainingSection('train resnet50 float16', RESNET50, { budgetSeconds: 30, precision: 'float16' }),
  trainingSection('train resnet20 float16', RESNET20, { budgetSeconds: 15, precision: 'float16' }),
];
