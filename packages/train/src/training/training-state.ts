import type { JsonValue } from '@zoo/core';

import type { EpochRecord } from '../history';
import type { HostTensors } from '../host-tensors';
import type { MetricSums } from '../metrics/running-metrics';

/**
 * Everything that changes what a step computes, by the option's name: `train.batchSize`, `optimizer.momentum`.
 *
 * Checkpoints store it, and a resumed run must have the same.
 */
export type RunSettings = Readonly<Record<string, JsonValue>>;

/** What a callback needs to continue after a resume. */
export interface CallbackState {
  readonly values: JsonValue;
  readonly tensors?: HostTensors;
}

/** An optimizer's state where another library left it. */
export interface SavedOptimizerState {
  /** Updates made so far. */
  readonly step: number;
  /** The state by slot and weight name, `velocity/conv1_conv/kernel`; empty for zeros. */
  readonly slots: HostTensors;
}

/**
 * Everything that a run needs to continue as if it had not stopped: data on the host, independent of the original run.
 *
 * Give it to `fit` as `resume`; `@zoo/train/node` writes and reads it as one file.
 */
export interface TrainingState {
  /** Epochs that are complete; the one to go on with. */
  readonly epoch: number;
  /** Batches of this epoch that are done. */
  readonly batch: number;
  /** Updates made since training began. */
  readonly step: number;
  /** Sums over this epoch's examples so far. */
  readonly sums: MetricSums;
  readonly history: readonly EpochRecord[];
  /** All the model's weights by name, moving averages included. */
  readonly weights: HostTensors;
  /** Averages of the weights by name; empty in a run without them. */
  readonly averages: HostTensors;
  /** Epochs that the averages are over, in a run that averages over epochs; 0 or absent in others. */
  readonly averagedEpochs?: number;
  /** The optimizer's state by slot and weight name. */
  readonly optimizer: HostTensors;
  /** Set by callbacks: see `TrainingRun.learningRateOverride`. */
  readonly learningRateOverride: number | undefined;
  /** Set by callbacks: see `TrainingRun.learningRateScale`. */
  readonly learningRateScale: number;
  /** Why a callback stopped the run, if one did; resumed, it ends at once. */
  readonly stopReason: string | undefined;
  /** Each callback's state by the callback's name. */
  readonly callbacks: Readonly<Record<string, CallbackState>>;
  /** How the run was set up; a resumed run is held to it. */
  readonly settings: RunSettings;
}
