import type * as tfl from '@tensorflow/tfjs-layers';
import {
  ArgumentError,
  classifierHead,
  expectInteger,
  expectOneOf,
  modelMetadata,
  setModelMetadata,
  type BatchSource,
} from '@zoo/core';
import { readOptions, type ReadOptions } from '@zoo/core/options';

import type { Callback } from './callbacks/callback';
import { beginTogether, type StartingPoint } from './distributed/begin-together';
import { resolveDistributedOptions } from './distributed/distributed-options';
import { RunRanks } from './distributed/run-ranks';
import { expectFits } from './expect-fits';
import { FIT_OPTIONS, type FitOptions } from './fit-options';
import type { EpochRecord, History } from './history';
import { logitsOf } from './logits';
import { classificationLoss } from './loss/classification-loss';
import type { Distillation } from './loss/distillation-loss';
import { topKMetric } from './metrics/measure';
import { trainedModel } from './metrics/scored-model';
import { modelPieces } from './model-pieces';
import { asSchedule } from './schedules';
import { expectOneBound } from './training/clip-gradients';
import { createFreezingPlan } from './training/freezing-plan';
import { createOptimizerState, factorsOf } from './training/optimizer-groups';
import { describeRun, SETTING_GROUPS } from './training/run-settings';
import { runWeights, type RunWeight } from './training/run-weights';
import { createStochasticAverages } from './training/stochastic-averages';
import { trainEpochs } from './training/train-epochs';
import { ActiveRun } from './training/training-run';
import { createWeightAverages, type WeightAverages } from './training/weight-averages';

/**
 * Trains a classifier on the current TensorFlow.js backend.
 *
 * The model is any `tf.LayersModel` with one picture in and one score per class out; it need not be compiled. Losses are computed on the
 * logits of its head; for several sigmoids, a multi-label head, the accuracy is the share of correct class answers (Keras' binary
 * accuracy). Weights change in place; frozen layers stay as they are.
 *
 * @throws ArgumentError before any training if options do not fit the model or each other.
 * @throws ResumeMismatchError if the run to resume had other settings.
 * @throws ZooError `not-finite` at a loss or weight that is not a finite number; it names step, learning rate and layer.
 * @throws The signal's reason, after the callbacks' `onAbort`, when the signal is aborted; ZooError `interrupted` where it was another
 *   rank's.
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
    beingTrained.add(model);
    return await trainEpochs(run);
  } finally {
    beingTrained.delete(model);
    run.dispose();
  }
}

/** Models that a call of fit trains: a second one would change the weights between the steps of the first. */
const beingTrained = new WeakSet<tfl.LayersModel>();

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
  if (beingTrained.has(model)) {
    throw new ArgumentError(
      'model',
      'a model that no other call of fit trains',
      `'${model.name}', which one does`,
      'Await that call, or train a second model.',
    );
  }
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
  const settled = readOptions(FIT_OPTIONS, options);
  const { train: source, validation, optimizer, callbacks, epochs, seed, accumulateSteps } = settled;
  const { clipGradients: clipping, onNotFinite } = settled;
  if (clipping !== undefined) expectOneBound(clipping);
  for (const name of settled.allowChanges) {
    expectOneOf('options.allowChanges', name.split('.')[0], SETTING_GROUPS);
  }
  expectCallbacks(callbacks);
  if (start.optimizerState !== undefined && start.resume !== undefined) {
    throw new ArgumentError(
      'options.optimizerState',
      'either optimizerState or resume',
      start.optimizerState,
    );
  }
  const { initialEpoch } = settled;
  expectInteger('options.initialEpoch', initialEpoch, { minimum: 0, maximum: epochs - 1 });
  if (initialEpoch > 0 && start.optimizerState !== undefined) {
    throw new ArgumentError(
      'options.initialEpoch',
      '0 beside optimizerState',
      initialEpoch,
      'The state says where the schedule goes on.',
    );
  }
  if (optimizer.averagesWeights === true && settled.averageWeights !== undefined) {
    throw new ArgumentError(
      'options.averageWeights',
      `nothing beside ${optimizer.name}, which averages weights itself,`,
      settled.averageWeights,
    );
  }
  const { logits, scoring } = trainedModel(model);
  const { kind } = classifierHead(model);
  expectFits(model, 'options.train', source);
  if (validation !== undefined) expectFits(model, 'options.validation', validation, source.classNames);
  if (settled.topK !== undefined) {
    if (kind === 'multiLabel') {
      throw new ArgumentError('options.topK', 'no topK for a multi-label head', settled.topK);
    }
    expectInteger('options.topK', settled.topK, { minimum: 1, maximum: source.classNames.length });
  }
  const loss = classificationLoss(settled, source.classNames.length, kind);
  const freezing = settled.freezing && createFreezingPlan(model, settled.freezing);
  const weights = runWeights(model).map((weight) => ({
    ...weight,
    trainable: freezing?.trained.some((names) => names.has(weight.name)) ?? weight.trainable,
  }));
  const parameters = weights.filter(({ trainable }) => trainable);
  if (parameters.length === 0) {
    throw new ArgumentError('model', 'a model with a trainable weight', model, 'Set `trainable` on a layer.');
  }
  const rateFactors = settled.learningRateFactors && factorsOf(parameters, settled.learningRateFactors);
  const distillation = settled.distillation && readTeacher(settled.distillation, model, source);
  const pieces = settled.recomputeActivations ? modelPieces(model) : undefined;
  const schedule = settled.schedule ?? asSchedule(optimizer.learningRate);
  const initialStep = initialEpoch * Math.ceil(source.batchesPerEpoch / accumulateSteps);
  const shared = {
    model,
    weights,
    validation,
    optimizer,
    schedule,
    callbacks,
    clipping,
    epochs,
    seed,
    accumulateSteps,
    freezing,
    initialEpoch,
  };
  const history: EpochRecord[] = [];
  const settings = describeRun({
    ...settled,
    ...shared,
    rateFactors,
  });
  describe(model, source);
  const given = settled.averageWeights && createAverages(weights, settled.averageWeights);
  const optimizerState = createOptimizerState(optimizer, parameters, {
    ...{ rateFactors, freezing, history },
    begin: { epoch: initialEpoch, step: initialStep },
  });
  const averages =
    optimizer.averagesWeights === true
      ? createStochasticAverages(weights, 0, (weight) => optimizerState.averageOf!(weight))
      : given;
  return new ActiveRun({
    ...shared,
    ...{ logits, loss, scoring, parameters, pieces, averages, settings, source, onNotFinite, ranks },
    callbacks: callbacks.filter(({ isForFirstRank }) => isForFirstRank !== true || (ranks?.rank ?? 0) === 0),
    history,
    distillation,
    validationFrequency: settled.validationFrequency,
    batchNormBatches: settled.averageWeights?.batchNormBatches,
    optimizerState,
    initialStep,
    topK: settled.topK,
    sampleWeights: settled.sampleWeights,
    metricNames: metricNamesOf(settled),
    signal: ranks?.signal ?? settled.signal,
    isResumed: start.resume !== undefined,
  });
}

/** Averages over steps or over epochs. */
function createAverages(
  weights: readonly RunWeight[],
  { decay, fromEpoch, batchNormBatches }: NonNullable<ReadOptions<typeof FIT_OPTIONS>['averageWeights']>,
): WeightAverages {
  const given = { decay, fromEpoch };
  if ((decay === undefined) === (fromEpoch === undefined)) {
    throw new ArgumentError('options.averageWeights', 'either decay or fromEpoch', given);
  }
  if (decay === undefined) return createStochasticAverages(weights, fromEpoch!);
  if (batchNormBatches !== undefined) {
    throw new ArgumentError('options.averageWeights.batchNormBatches', 'fromEpoch beside it', given);
  }
  return createWeightAverages(weights, { decay });
}

/** The teacher's logits; throws ArgumentError unless it tells the same number of classes apart and reads the same pictures. */
function readTeacher(
  { teacher, temperature, share }: NonNullable<ReadOptions<typeof FIT_OPTIONS>['distillation']>,
  model: tfl.LayersModel,
  source: BatchSource,
): Distillation {
  const argument = 'options.distillation.teacher';
  if (teacher === model) throw new ArgumentError(argument, 'another model than the one to train', teacher);
  for (const each of [teacher, model]) {
    if (classifierHead(each).kind === 'multiLabel') {
      throw new ArgumentError(argument, 'heads that tell one class of several apart', each.name);
    }
  }
  expectFits(teacher, 'options.train', source);
  return { logits: logitsOf(teacher), temperature, share };
}

/**
 * Keeps with the model, from the first checkpoint on, how its pictures are read and what its classes are called; its temperature is
 * forgotten, which was fitted to the weights that it had.
 */
function describe(model: tfl.LayersModel, { classNames, preprocessing }: BatchSource): void {
  const known = { ...modelMetadata(model) };
  delete known.temperature;
  setModelMetadata(model, {
    ...known,
    classNames,
    ...(preprocessing && { preprocessing: { ...known.preprocessing, ...preprocessing } }),
  });
}

function metricNamesOf({ validation, topK }: ReadOptions<typeof FIT_OPTIONS>): string[] {
  const names = ['loss', 'accuracy', 'learningRate'];
  if (validation === undefined) return names;
  return [...names, 'valLoss', 'valAccuracy', ...(topK === undefined ? [] : [topKMetric(topK)])];
}

function expectCallbacks(callbacks: readonly Callback[]): void {
  const given: unknown = callbacks;
  if (!Array.isArray(given)) {
    throw new ArgumentError(
      'options.callbacks',
      'a list of callbacks',
      callbacks,
      'Put it in brackets: [callback].',
    );
  }
  for (const [place, callback] of (callbacks as readonly unknown[]).entries()) {
    const { name } = (typeof callback === 'object' && callback !== null ? callback : {}) as {
      name?: unknown;
    };
    if (typeof name === 'string') continue;
    const advice = typeof callback === 'function' ? `Call it: ${callback.name}().` : 'Give it a name.';
    throw new ArgumentError(
      `options.callbacks[${place}]`,
      'an object with a name and hooks',
      callback,
      advice,
    );
  }
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
