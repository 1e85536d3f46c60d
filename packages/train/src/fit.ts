import type * as tfl from '@tensorflow/tfjs-layers';
import {
  ArgumentError,
  expectInteger,
  expectKnownOptions,
  expectOneOf,
  modelMetadata,
  updateModelMetadata,
  type BatchSource,
} from '@zoo/core';

import type { Callback } from './callbacks/callback';
import { beginTogether, type StartingPoint } from './distributed/begin-together';
import { resolveDistributedOptions, type DistributedOptions } from './distributed/distributed-options';
import { RunRanks } from './distributed/run-ranks';
import { expectFits } from './expect-fits';
import type { History } from './history';
import { logitsOf } from './logits';
import { classificationLoss, type ClassificationLossOptions } from './loss/classification-loss';
import { topKMetric } from './metrics/measure';
import { modelPieces } from './model-pieces';
import type { Optimizer } from './optimizers';
import { asSchedule, type Schedule } from './schedules';
import { checkedClipping, type GradientClipping } from './training/clip-gradients';
import { describeRun, SETTING_GROUPS } from './training/run-settings';
import { runWeights } from './training/run-weights';
import { trainEpochs } from './training/train-epochs';
import { ActiveRun } from './training/training-run';
import type { SavedOptimizerState, TrainingState } from './training/training-state';
import { createWeightAverages, type AverageWeightsOptions } from './training/weight-averages';

/** Options of {@link fit}. */
export interface FitOptions extends ClassificationLossOptions {
  /** What to train on. */
  train: BatchSource;
  /** What to measure on after every epoch, its epoch of the same number: gives `valLoss` (plain cross-entropy) and `valAccuracy`. */
  validation?: BatchSource;
  /** Epochs in all, those before a resume included. */
  epochs: number;
  /** Also measures `valTop5Accuracy` in validation, for 5: the share of examples whose class is among this many most probable ones. */
  topK?: number;
  /** The update rule: `sgd({ ... })`, `adam({ ... })` or `adamW({ ... })`. */
  optimizer: Optimizer;
  /** The learning rate at each step, in place of the optimizer's own. */
  schedule?: Schedule;
  /** Watchers and helpers, called in this order. */
  callbacks?: readonly Callback[];
  /** Seeds the model's dropout layers, each its own stream at each step. Order and augmentation are the source's. Default 0. */
  seed?: number;
  /** Aborted, the update at hand is finished, callbacks save what they save, and `fit` rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Where an earlier run was: training goes on from there as if it had never stopped. Sets the model's weights. */
  resume?: TrainingState;
  /**
   * Settings that a resumed run may change on purpose, by their group or in full: `['schedule', 'callbacks.earlyStopping']`. Any
   * other difference from the run to resume is refused. More epochs need not be named.
   */
  allowChanges?: readonly string[];
  /**
   * What the optimizer begins with, in a run that goes on from another library: see {@link fromKerasOptimizer}. Epochs count from
   * 0, updates from `optimizerState.step`; the model's weights are as they are. Not with `resume`.
   */
  optimizerState?: SavedOptimizerState;
  /** Batches whose gradients make one update: an effective batch of this many times the size, in the memory of one. Default 1. */
  accumulateSteps?: number;
  /**
   * Keeps a few activations of a step and computes the others again for the run backward (gradient checkpointing): ResNet-50 then trains
   * in a fraction of the memory, at the price of another run forward. Values are the same. Default: false.
   */
  recomputeActivations?: boolean;
  /**
   * Averages the weights over the steps; validation measures the averages, and the model ends with them. An aborted run leaves
   * the model's own weights.
   */
  averageWeights?: AverageWeightsOptions;
  /** Keeps gradients small before the update. */
  clipGradients?: GradientClipping;
  /**
   * What happens at a loss or weight that is not a finite number. Default `stop`: `fit` rejects before the update, and before
   * a checkpoint is written over.
   */
  onNotFinite?: 'stop' | 'continue';
  /**
   * Spreads the run over the ranks of an MPI program: `train` and `validation` stay the whole batches, of which each rank works on its
   * part, and all ranks call `fit` with the same options. Metrics and weights are those of the whole, on all ranks.
   */
  distributed?: DistributedOptions;
}

const FIT_OPTIONS = [
  'train',
  'validation',
  'topK',
  'epochs',
  'optimizer',
  'schedule',
  'callbacks',
  'seed',
  'signal',
  'resume',
  'allowChanges',
  'optimizerState',
  'accumulateSteps',
  'recomputeActivations',
  'averageWeights',
  'clipGradients',
  'onNotFinite',
  'distributed',
  'labelSmoothing',
  'classWeights',
];

/**
 * Trains a classifier on the current TensorFlow.js backend.
 *
 * The model is any `tf.LayersModel` with one picture in and one score a class out; it need not be compiled. Losses are
 * computed on logits inside whatever head it has. Weights change in place; frozen layers stay as they are.
 *
 * @throws ArgumentError before any training if options do not fit the model or each other.
 * @throws ResumeMismatchError if the run to resume was set up in another way.
 * @throws ZooError `not-finite` at a loss or weight that is not a finite number; it names step, learning rate and layer.
 * @throws The signal's reason, after the callbacks' `onAbort`, when the signal is aborted; ZooError `interrupted` where it was
 *   another rank's.
 * @throws ZooError `communicator` if another rank could not begin, or the ranks' weights differ.
 *
 * @example
 * const history = await fit(model, {
 *   train, validation, epochs: 20,
 *   optimizer: sgd({ momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
 *   schedule: warmupCosine({ peak: 0.1, warmupSteps: 100, totalSteps: 20 * train.batchesPerEpoch }),
 *   labelSmoothing: 0.1,
 * });
 */
export async function fit(model: tfl.LayersModel, options: FitOptions): Promise<History> {
  const ranks = createRanks(options);
  const run =
    ranks === undefined
      ? prepareRun(model, options, options, undefined)
      : await beginTogether(ranks, options, (start) => prepareRun(model, options, start, ranks));
  try {
    return await trainEpochs(run);
  } finally {
    run.dispose();
  }
}

/** Undefined where there is but one rank: all is then as without the option. */
function createRanks({ distributed, signal }: FitOptions): RunRanks | undefined {
  if (distributed === undefined) return undefined;
  const options = resolveDistributedOptions(distributed);
  return options.communicator.size === 1 ? undefined : new RunRanks(options, signal);
}

function prepareRun(
  model: tfl.LayersModel,
  options: FitOptions,
  start: StartingPoint,
  ranks: RunRanks | undefined,
): ActiveRun {
  options.signal?.throwIfAborted();
  const run = createRun(model, options, start, ranks);
  try {
    if (start.resume !== undefined) run.restore(start.resume, options.allowChanges ?? []);
    if (start.optimizerState !== undefined) run.startFrom(start.optimizerState);
    return run;
  } catch (error) {
    run.dispose();
    throw error;
  }
}
function createRun(
  model: tfl.LayersModel,
  options: FitOptions,
  start: StartingPoint,
  ranks: RunRanks | undefined,
): ActiveRun {
  const { train: source, validation, optimizer, callbacks = [] } = options;
  expectKnownOptions('options', options, FIT_OPTIONS);
  const counts = {
    epochs: expectInteger('options.epochs', options.epochs, { minimum: 1 }),
    seed: expectInteger('options.seed', options.seed ?? 0, { minimum: 0 }),
    accumulateSteps: expectInteger('options.accumulateSteps', options.accumulateSteps ?? 1, { minimum: 1 }),
  };
  const clipping = options.clipGradients === undefined ? undefined : checkedClipping(options.clipGradients);
  const onNotFinite = expectOneOf('options.onNotFinite', options.onNotFinite ?? 'stop', ['stop', 'continue']);
  for (const name of options.allowChanges ?? []) {
    expectOneOf('options.allowChanges', name.split('.')[0], SETTING_GROUPS);
  }
  expectDistinctNames(callbacks);
  if (start.optimizerState !== undefined && start.resume !== undefined) {
    throw new ArgumentError(
      'options.optimizerState',
      'either optimizerState or resume',
      start.optimizerState,
    );
  }
  const logits = logitsOf(model);
  expectFits(model, 'options.train', source);
  if (validation !== undefined) expectFits(model, 'options.validation', validation, source.classNames);
  if (options.topK !== undefined) {
    expectInteger('options.topK', options.topK, { minimum: 1, maximum: source.classNames.length });
  }
  const loss = classificationLoss(options, source.classNames.length);
  const weights = runWeights(model);
  const parameters = weights.filter(({ trainable }) => trainable);
  if (parameters.length === 0) {
    throw new ArgumentError('model', 'a model with a trainable weight', model, 'Set `trainable` on a layer.');
  }
  const pieces = options.recomputeActivations === true ? modelPieces(model) : undefined;
  const schedule = options.schedule ?? asSchedule(optimizer.learningRate);
  const shared = { model, weights, validation, optimizer, schedule, callbacks, clipping, ...counts };
  const settings = describeRun({ ...options, ...shared, averageDecay: options.averageWeights?.decay });
  describe(model, source);
  const averages = options.averageWeights && createWeightAverages(weights, options.averageWeights);
  return new ActiveRun({
    ...shared,
    ...{ logits, loss, parameters, pieces, averages, settings, source, onNotFinite, ranks },
    callbacks: callbacks.filter(({ isForFirstRank }) => isForFirstRank !== true || (ranks?.rank ?? 0) === 0),
    optimizerState: optimizer.init(parameters),
    topK: options.topK,
    metricNames: metricNamesOf(options),
    signal: ranks?.signal ?? options.signal,
    isResumed: start.resume !== undefined,
  });
}

/** Keeps with the model, from the first checkpoint on, how its pictures are read and what its classes are called. */
function describe(model: tfl.LayersModel, { classNames, preprocessing }: BatchSource): void {
  updateModelMetadata(model, {
    classNames,
    ...(preprocessing && { preprocessing: { ...modelMetadata(model)?.preprocessing, ...preprocessing } }),
  });
}

function metricNamesOf({ validation, topK }: FitOptions): string[] {
  const names = ['loss', 'accuracy', 'learningRate'];
  if (validation === undefined) return names;
  return [...names, 'valLoss', 'valAccuracy', ...(topK === undefined ? [] : [topKMetric(topK)])];
}

function expectDistinctNames(callbacks: readonly Callback[]): void {
  const names = callbacks.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new ArgumentError(
      'options.callbacks',
      'callbacks of distinct names, under which checkpoints keep their state,',
      repeated,
      'Give one of them another `name`.',
    );
  }
}
