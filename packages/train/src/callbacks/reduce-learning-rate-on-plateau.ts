import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { createMonitor, MONITOR_MODE } from '../metrics/monitor';

import type { Callback } from './callback';

const PLATEAU_OPTIONS = {
  /** The metric to watch. Default `valLoss`. */
  monitor: { type: 'text', expected: "a metric's name", default: 'valLoss' },
  mode: MONITOR_MODE,
  /** What the learning rate is multiplied by, in (0, 1). Default 0.1. */
  factor: {
    ...{ type: 'number', minimum: 0, maximum: 1, exclusiveMinimum: true, exclusiveMaximum: true },
    default: 0.1,
  },
  /** Epochs without a better value before the rate is lowered. Default 10. */
  patience: { type: 'integer', minimum: 0, default: 10 },
  /** A smaller change than this is none. Default 0.0001. */
  minimumChange: { type: 'number', minimum: 0, default: 1e-4 },
  /** Epochs after a reduction that are not counted. Default 0. */
  cooldown: { type: 'integer', minimum: 0, default: 0 },
  /** The rate is never lowered below this. Default 0. */
  minimumLearningRate: { type: 'number', minimum: 0, default: 0 },
} as const satisfies OptionTable;

/** Options of {@link reduceLearningRateOnPlateau}. */
export interface ReduceLearningRateOnPlateauOptions extends OptionsOf<typeof PLATEAU_OPTIONS> {}

interface Progress {
  best: number | null;
  waited: number;
  cooling: number;
}

const START: Progress = { best: null, waited: 0, cooling: 0 };

/** Lowers the learning rate when a metric has not become better for `patience` epochs; as Keras' ReduceLROnPlateau. */
export function reduceLearningRateOnPlateau(options: ReduceLearningRateOnPlateauOptions = {}): Callback {
  const { monitor: metric, mode, ...settings } = readOptions(PLATEAU_OPTIONS, options);
  const { factor, patience, minimumChange, cooldown, minimumLearningRate } = settings;
  const monitor = createMonitor(metric, mode);
  let progress = START;
  return {
    name: 'reduceLearningRateOnPlateau',
    settings: { monitor: monitor.metric, ...settings },
    onTrainBegin: (run) => {
      monitor.expectIn(run);
      progress = START;
    },
    onEpochEnd: (run, record) => {
      if (!monitor.isIn(record)) return;
      const value = monitor.valueOf(record);
      const cooling = Math.max(0, progress.cooling - 1);
      const waited = progress.cooling > 0 ? 0 : progress.waited;
      if (monitor.isBetter(value, progress.best ?? undefined, minimumChange)) {
        progress = { best: value, waited: 0, cooling };
      } else if (cooling > 0) {
        progress = { ...progress, waited, cooling };
      } else if (waited + 1 < Math.max(1, patience)) {
        progress = { ...progress, waited: waited + 1, cooling };
      } else {
        progress = { ...progress, waited: 0, cooling: cooldown };
        lower(run, factor, minimumLearningRate);
      }
    },
    saveState: () => ({ values: { ...progress } }),
    loadState: ({ values }) => {
      progress = values as unknown as Progress;
    },
  };
}

function lower(
  run: Parameters<NonNullable<Callback['onEpochEnd']>>[0],
  factor: number,
  minimum: number,
): void {
  const current = run.learningRate;
  if (current <= minimum) return;
  run.learningRateScale *= Math.max(current * factor, minimum) / current;
}
