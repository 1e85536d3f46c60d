import type * as tfl from '@tensorflow/tfjs-layers';
import type { JsonValue } from '@zoo/core';

import type { EpochRecord, History } from '../history';
import type { HostTensors } from '../host-tensors';
import type { Optimizer } from '../optimizers';
import type { CallbackState, RunSettings, TrainingState } from '../training/training-state';

/** A run as callbacks see it. */
export interface TrainingRun {
  readonly model: tfl.LayersModel;
  readonly optimizer: Optimizer;
  readonly settings: RunSettings;
  /** True if the run goes on from a checkpoint. */
  readonly isResumed: boolean;
  /** Epochs the run is to have in all. */
  readonly epochs: number;
  /** The current epoch, from 0. */
  readonly epoch: number;
  /** Updates made since training began. */
  readonly step: number;
  /** Batches of this epoch that are done. */
  readonly batch: number;
  readonly batchesPerEpoch: number;
  readonly exampleCount: number;
  /** Epochs finished so far. */
  readonly history: readonly EpochRecord[];
  /** Names of the metrics that every epoch will have. */
  readonly metricNames: readonly string[];
  /** The learning rate of the next update: (override, or else the schedule's) times the scale. */
  readonly learningRate: number;
  /** Takes the schedule's place while it is a number; a callback may set it. Undefined at first. */
  learningRateOverride: number | undefined;
  /** What the learning rate is multiplied by; a callback may set it. 1 at first. */
  learningRateScale: number;
  /** Ends training when the epoch's callbacks are through, or at once within an epoch; the first reason counts. */
  stop(reason: string): void;
  /**
   * Calls `use` while the model has the weights that validation measures, which are the averages in a run that averages its
   * weights, and puts its own back afterwards.
   */
  withMeasuredWeights<Result>(use: () => Promise<Result>): Promise<Result>;
  /** A copy of all that a resumed run needs. */
  captureState(): Promise<TrainingState>;
}

/** One update, as `onStepEnd` receives it. */
export interface StepRecord {
  /** The update's number since training began, from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Mean loss of this update's examples. */
  readonly loss: number;
  /** Share of this update's examples that were classified right. */
  readonly accuracy: number;
  /** Examples in this update. */
  readonly examples: number;
  /** Mean loss and accuracy of the epoch so far, and the examples they are over. */
  readonly epochSoFar: { readonly loss: number; readonly accuracy: number; readonly examples: number };
}

/**
 * Observes or controls a run: a plain object with the hooks that it needs. A hook may be async; the run waits for it.
 *
 * An object serves one run at a time; `onTrainBegin` resets it.
 */
export interface Callback {
  /** Under this name its state is kept in checkpoints; no two callbacks of a run share one. */
  readonly name: string;
  /** What it was set to, if it changes how a run goes: a resumed run is held to it. */
  readonly settings?: Readonly<Record<string, JsonValue>>;
  /** True for one that rank 0 alone has in a run on several ranks, since it writes. Others run on all, and steer all alike. */
  readonly isForFirstRank?: boolean;
  /** Before the first epoch of this call of `fit`; resets the callback. */
  onTrainBegin?(run: TrainingRun): void | Promise<void>;
  /** In a resumed run, after every callback's `loadState`. */
  onResume?(run: TrainingRun): void | Promise<void>;
  /** Before the first update of an epoch. */
  onEpochBegin?(run: TrainingRun): void | Promise<void>;
  /** Before each update; `read` copies the gradients, means over the update's examples before they are clipped, to the host. */
  onGradients?(run: TrainingRun, read: () => Promise<HostTensors>): void | Promise<void>;
  /** After each update. */
  onStepEnd?(run: TrainingRun, step: StepRecord): void | Promise<void>;
  /** After every callback's `onStepEnd`: a state captured here holds what they did. */
  onStepSettled?(run: TrainingRun, step: StepRecord): void | Promise<void>;
  /** After the last update of an epoch and its validation. */
  onEpochEnd?(run: TrainingRun, record: EpochRecord): void | Promise<void>;
  /** After every callback's `onEpochEnd`: a state captured here holds what they decided. */
  onEpochSettled?(run: TrainingRun, record: EpochRecord): void | Promise<void>;
  /** The run was aborted and its last update is whole; `fit` rejects after this. */
  onAbort?(run: TrainingRun): void | Promise<void>;
  /** The run ended by itself. */
  onTrainEnd?(run: TrainingRun, history: History): void | Promise<void>;
  /** Always the last call, after an error too: free what is held, restore the terminal. */
  onSettled?(): void | Promise<void>;
  /** What a checkpoint keeps for this callback. */
  saveState?(): CallbackState;
  /** Called after `onTrainBegin` in a resumed run, with what `saveState` returned. */
  loadState?(state: CallbackState): void;
}

/** Calls each callback's hook in turn and waits for it. */
export async function forEachCallback(
  callbacks: readonly Callback[],
  call: (callback: Callback) => void | Promise<void>,
): Promise<void> {
  for (const callback of callbacks) await call(callback);
}
