import type * as tfl from '@tensorflow/tfjs-layers';
import {
  ArgumentError,
  expectNumber,
  pickOptions,
  readOptions,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import type { Callback } from './callbacks/callback';
import { fit } from './fit';
import { CLASSIFICATION_LOSS_OPTIONS, FIT_OPTIONS } from './fit-options';
import { assignAllValues, readAllValues } from './host-tensors';
import { runWeights } from './training/run-weights';

const { train, optimizer, accumulateSteps, clipGradients, seed, signal } = FIT_OPTIONS;
const SHARED_WITH_FIT = {
  ...{ train, optimizer, ...CLASSIFICATION_LOSS_OPTIONS },
  ...{ accumulateSteps, clipGradients, seed, signal },
};

const FIND_LEARNING_RATE_OPTIONS = {
  ...SHARED_WITH_FIT,
  /** The first learning rate. Default 1e-6. */
  minimum: { type: 'number', minimum: 0, exclusiveMinimum: true, default: 1e-6 },
  /** The last one. Default 1. */
  maximum: { type: 'number', minimum: 0, exclusiveMinimum: true, default: 1 },
  /** Updates to make, each at a rate a constant factor above the one before. Default 100. */
  steps: { type: 'integer', minimum: 2, default: 100 },
} as const satisfies OptionTable;

/** Options of {@link findLearningRate}: what to train by, and the range to try. */
export interface FindLearningRateOptions extends OptionsOf<typeof FIND_LEARNING_RATE_OPTIONS> {}

/** What {@link findLearningRate} found. */
export interface LearningRateRange {
  /** The smoothed loss at each rate that was tried; it ends early where training diverges. */
  readonly curve: readonly { readonly learningRate: number; readonly loss: number }[];
  /** Where the loss falls most steeply over the logarithm of the rate: a peak for a schedule to start from. Undefined if it never falls. */
  readonly suggestion: number | undefined;
}

/** Share of the smoothed loss that is kept at each step, as fastai's finder keeps it. */
const SMOOTHING = 0.98;
/** Training has diverged when the loss is this many times its lowest. */
const DIVERGED = 4;

/**
 * Trains with a rising learning rate to find the rates that the model tolerates, then restores the weights.
 *
 * Smith, "Cyclical Learning Rates for Training Neural Networks", section 3.3.
 */
export async function findLearningRate(
  model: tfl.LayersModel,
  options: FindLearningRateOptions,
): Promise<LearningRateRange> {
  const { minimum, maximum, steps, ...settled } = readOptions(FIND_LEARNING_RATE_OPTIONS, options);
  expectNumber('options.maximum', maximum, { minimum, exclusiveMinimum: true });
  if (settled.train.batchesPerEpoch < 1) {
    throw new ArgumentError('options.train', 'a source with batches', settled.train);
  }
  const curve: { learningRate: number; loss: number }[] = [];
  const variables = new Map(runWeights(model).map(({ name, variable }) => [name, variable]));
  const before = await readAllValues(variables);
  try {
    await fit(model, {
      ...pickOptions(SHARED_WITH_FIT, options),
      epochs: Math.ceil((steps * settled.accumulateSteps) / settled.train.batchesPerEpoch),
      schedule: (step) => minimum * (maximum / minimum) ** (step / (steps - 1)),
      callbacks: [recorder(curve, steps)],
      // It looks for the rate at which training diverges.
      onNotFinite: 'continue',
    });
  } finally {
    assignAllValues(variables, before);
  }
  return { curve, suggestion: steepest(curve) };
}

function recorder(curve: { learningRate: number; loss: number }[], steps: number): Callback {
  let average = 0;
  let lowest = Infinity;
  return {
    name: 'findLearningRate',
    onStepEnd: (run, { step, learningRate, loss }) => {
      average = SMOOTHING * average + (1 - SMOOTHING) * loss;
      const smoothed = average / (1 - SMOOTHING ** step);
      lowest = Math.min(lowest, smoothed);
      const diverged = !Number.isFinite(smoothed) || smoothed > DIVERGED * lowest;
      if (!diverged) curve.push({ learningRate, loss: smoothed });
      if (diverged || step >= steps) run.stop('findLearningRate');
    },
  };
}

/** Rates are evenly spaced on the logarithm's axis, so the steepest fall is the largest central difference. */
function steepest(curve: LearningRateRange['curve']): number | undefined {
  let best: number | undefined;
  let bestSlope = 0;
  for (let index = 1; index + 1 < curve.length; index++) {
    const slope = curve[index + 1]!.loss - curve[index - 1]!.loss;
    if (slope < bestSlope) [best, bestSlope] = [curve[index]!.learningRate, slope];
  }
  return best;
}
