import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { assignAllValues, readAllValues, type HostTensors } from '../host-tensors';
import { createMonitor, MONITOR_MODE } from '../metrics/monitor';
import { runWeights } from '../training/run-weights';

import type { Callback, TrainingRun } from './callback';

const EARLY_STOPPING_OPTIONS = {
  /** The metric to watch. Default `valLoss`. */
  monitor: { type: 'text', expected: "a metric's name", default: 'valLoss' },
  mode: MONITOR_MODE,
  /** Epochs without a better value before training stops. Default 5. */
  patience: { type: 'integer', minimum: 0, default: 5 },
  /** A smaller change than this is none. Default 0. */
  minimumChange: { type: 'number', minimum: 0, default: 0 },
  /** Epochs, from the first, that are not watched. Default 0. */
  startEpoch: { type: 'integer', minimum: 0, default: 0 },
  /** True to end with the best epoch's weights, however training ends. Default false. */
  restoreBest: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions extends OptionsOf<typeof EARLY_STOPPING_OPTIONS> {}

interface Progress {
  best: number | undefined;
  bestEpoch: number;
  waited: number;
}

const START: Progress = { best: undefined, bestEpoch: -1, waited: 0 };

/** Stops training when a metric has not become better for `patience` epochs. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const { patience, minimumChange, startEpoch, restoreBest, ...watched } = readOptions(
    EARLY_STOPPING_OPTIONS,
    options,
  );
  const monitor = createMonitor(watched.monitor, watched.mode);
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
      if (record.epoch < startEpoch || !monitor.isIn(record)) return;
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
