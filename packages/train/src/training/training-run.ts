import type * as tf from '@tensorflow/tfjs-core';
import { expectInteger, ZooError } from '@zoo/core';

import type { Callback, TrainingRun } from '../callbacks/callback';
import type { EpochRecord } from '../history';
import { assignAllValues, expectSameNames, readAllValues } from '../host-tensors';
import { NO_EXAMPLES, type MetricSums } from '../metrics/running-metrics';
import { rateAt } from '../schedules/schedule';

import { expectFiniteValues } from './not-finite';
import type { RunParts } from './run-parts';
import { expectSameSettings } from './run-settings';
import { seedDropout, type DropoutSeeds } from './seed-dropout';
import type { CallbackState, SavedOptimizerState, TrainingState } from './training-state';
import { createTrainingStep, type TrainingStep } from './training-step';

/** A run: what it is made of, its place in time, and all that a checkpoint keeps of it. */
export class ActiveRun implements TrainingRun {
  epoch = 0;
  batch = 0;
  step = 0;
  sums: MetricSums = NO_EXAMPLES;
  readonly history: EpochRecord[];
  learningRateOverride: number | undefined;
  learningRateScale = 1;
  stopReason: string | undefined;
  /** Waits for the metrics of steps that the engine is still making; set while there may be such. */
  accountForSteps: (() => Promise<void>) | undefined;

  readonly trainingStep: TrainingStep;
  readonly dropout: DropoutSeeds;
  /** What callbacks load when the run begins, in a resumed one. */
  resumedCallbacks: Readonly<Record<string, CallbackState>> = {};

  /** Takes over the optimizer's state and the averages: {@link dispose} frees them. */
  constructor(readonly parts: RunParts) {
    this.history = parts.history;
    this.epoch = parts.initialEpoch;
    this.step = parts.initialStep;
    this.trainingStep = createTrainingStep(parts);
    this.dropout = seedDropout(parts.model, parts.seed);
  }

  dispose(): void {
    this.dropout.restore();
    this.trainingStep.dispose();
    this.parts.optimizerState.dispose();
    this.parts.averages?.dispose();
    this.parts.freezing?.restore();
  }

  get model() {
    return this.parts.model;
  }
  get optimizer() {
    return this.parts.optimizer;
  }
  get settings() {
    return this.parts.settings;
  }
  get isResumed() {
    return this.parts.isResumed;
  }
  get epochs() {
    return this.parts.epochs;
  }
  get batchesPerEpoch() {
    return this.parts.source.batchesPerEpoch;
  }
  get exampleCount() {
    return this.parts.source.exampleCount;
  }
  get metricNames() {
    return this.parts.metricNames;
  }
  get learningRate(): number {
    return this.learningRateAt(this.step);
  }
  /** The learning rate of the update made last. */
  get lastLearningRate(): number {
    return this.learningRateAt(Math.max(0, this.step - 1));
  }

  private learningRateAt(step: number): number {
    return (this.learningRateOverride ?? rateAt(this.parts.schedule, step)) * this.learningRateScale;
  }

  stop(reason: string): void {
    this.stopReason ??= reason;
  }

  /** Moves on to the next epoch. */
  advance(): void {
    this.epoch += 1;
    this.batch = 0;
    this.sums = NO_EXAMPLES;
  }

  async withMeasuredWeights<Result>(use: () => Promise<Result>): Promise<Result> {
    const swapOut = this.parts.averages?.swapIn();
    try {
      return await use();
    } finally {
      swapOut?.();
    }
  }

  async captureState(): Promise<TrainingState> {
    await this.accountForSteps?.();
    const { weights, averages, optimizerState, callbacks, settings } = this.parts;
    const position = {
      epoch: this.epoch,
      batch: this.batch,
      step: this.step,
      sums: this.sums,
      history: [...this.history],
      learningRateOverride: this.learningRateOverride,
      learningRateScale: this.learningRateScale,
      stopReason: this.stopReason,
      callbacks: callbackStates(callbacks),
      settings,
    };
    const values = await readAllValues(weights.map(({ name, variable }) => [name, variable]));
    if (this.parts.onNotFinite === 'stop') expectFiniteValues(this, values);
    return {
      ...position,
      weights: values,
      averages: await readAllValues(averages?.values ?? []),
      averagedEpochs: averages?.epochCount() ?? 0,
      optimizer: await readAllValues(optimizerState.slots),
    };
  }

  /** Takes over the optimizer's state of another run, and the number of its updates. */
  startFrom({ step, slots }: SavedOptimizerState): void {
    expectInteger('options.optimizerState.step', step, { minimum: 0 });
    const { slots: variables } = this.parts.optimizerState;
    if (slots.size > 0) {
      expectSameNames('The values of `options.optimizerState`', variables, slots);
      assignAllValues(variables, slots);
    }
    this.step = step;
  }

  /** Goes back to a captured state; the callbacks' own states are theirs to load. */
  restore(state: TrainingState, allowChanges: readonly string[]): void {
    expectSameSettings(this.settings, state.settings, allowChanges);
    if (state.epoch > this.epochs) {
      throw new ZooError(
        'invalid-argument',
        `Expected at least ${state.epoch} for \`options.epochs\`, which the run to resume has finished, but received ${this.epochs}.`,
      );
    }
    const { weights, averages, optimizerState } = this.parts;
    const averageValues = averages?.values ?? new Map<string, tf.Variable>();
    const variables = new Map(weights.map(({ name, variable }) => [name, variable]));
    expectSameNames("The state's weights", variables, state.weights);
    expectSameNames("The state's averages", averageValues, state.averages);
    expectSameNames("The state's optimizer values", optimizerState.slots, state.optimizer);
    assignAllValues(variables, state.weights);
    assignAllValues(averageValues, state.averages);
    averages?.setEpochCount(state.averagedEpochs ?? 0);
    assignAllValues(optimizerState.slots, state.optimizer);
    this.epoch = state.epoch;
    this.batch = state.batch;
    this.step = state.step;
    this.sums = state.sums;
    this.history.splice(0, Infinity, ...state.history);
    this.learningRateOverride = state.learningRateOverride;
    this.learningRateScale = state.learningRateScale;
    this.stopReason = state.stopReason;
    this.resumedCallbacks = state.callbacks;
  }
}

function callbackStates(callbacks: readonly Callback[]): Record<string, CallbackState> {
  return Object.fromEntries(
    callbacks.flatMap((callback) => {
      const state = callback.saveState?.();
      return state === undefined ? [] : [[callback.name, state]];
    }),
  );
}
