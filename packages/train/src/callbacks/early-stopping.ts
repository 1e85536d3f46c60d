import { expectInteger, expectKnownOptions, expectNumber } from '@zoo/core';

import { assignAllValues, readAllValues, type HostTensors } from '../host-tensors';
import { createMonitor, type MonitorMode } from '../metrics/monitor';
import { runWeights } from '../training/run-weights';

import type { Callback, TrainingRun } from './callback';

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions {
  /** The metric to watch. Default `valLoss`. */
  monitor?: string;
  mode?: MonitorMode;
  /** Epochs without a better value before training stops. Default 5. */
  patience?: number;
  /** A smaller change than this is none. Default 0. */
  minimumChange?: number;
  /** Epochs, from the first, that are not watched. Default 0. */
  startEpoch?: number;
  /** True to end with the best epoch's weights, however training ends. Default false. */
  restoreBest?: boolean;
}

interface Progress {
  best: number | undefined;
  bestEpoch: number;
  waited: number;
}

const START: Progress = { best: undefined, bestEpoch: -1, waited: 0 };

/** Stops training when a metric has not become better for `patience` epochs. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  expectKnownOptions('options', options, [
    'monitor',
    'mode',
    'patience',
    'minimumChange',
    'startEpoch',
    'restoreBest',
  ]);
  const monitor = createMonitor(options.monitor ?? 'valLoss', options.mode);
  const patience = expectInteger('options.patience', options.patience ?? 5, { minimum: 0 });
  const minimumChange = expectNumber('options.minimumChange', options.minimumChange ?? 0, { minimum: 0 });
  const startEpoch = expectInteger('options.startEpoch', options.startEpoch ?? 0, { minimum: 0 });
  const restoreBest = options.restoreBest ?? false;
  let progress = START;
  let bestWeights: HostTensors | undefined;
  return {
    name: 'earlyStopping',
    settings: { monitor: monitor.metric, patience, minimumChange, startEpoch, restoreBest },
    onTrainBegin: (run) => {
      monitor.expectIn(run);
      progress = START;
      bestWeights = undefined;
    },
    onEpochEnd: async (run, record) => {
      if (record.epoch < startEpoch) return;
      const value = monitor.valueOf(record);
      if (monitor.isBetter(value, progress.best, minimumChange)) {
        progress = { best: value, bestEpoch: record.epoch, waited: 0 };
        if (restoreBest)
          bestWeights = await run.withMeasuredWeights(() => readAllValues(weightVariables(run)));
        return;
      }
      progress = { ...progress, waited: progress.waited + 1 };
      if (progress.waited < Math.max(1, patience)) return;
      run.stop(`earlyStopping: ${monitor.metric} has not become better for ${progress.waited} epochs`);
    },
    onTrainEnd: (run) => {
      if (bestWeights !== undefined) assignAllValues(weightVariables(run), bestWeights);
    },
    onSettled: () => {
      bestWeights = undefined;
    },
    saveState: () => ({
      values: { best: progress.best ?? null, bestEpoch: progress.bestEpoch, waited: progress.waited },
      ...(bestWeights === undefined ? {} : { tensors: bestWeights }),
    }),
    loadState: ({ values, tensors }) => {
      const saved = values as { best: number | null; bestEpoch: number; waited: number };
      progress = { ...saved, best: saved.best ?? undefined };
      bestWeights = tensors;
    },
  };
}

function weightVariables(run: TrainingRun) {
  return new Map(runWeights(run.model).map(({ name, variable }) => [name, variable]));
}
