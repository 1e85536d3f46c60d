import { expectInteger, expectKnownOptions, expectNumber } from '@zoo/core';

import { createMonitor, type MonitorMode } from '../metrics/monitor';

import type { Callback } from './callback';

/** Options of {@link reduceLearningRateOnPlateau}. */
export interface ReduceLearningRateOnPlateauOptions {
  /** The metric to watch. Default `valLoss`. */
  monitor?: string;
  mode?: MonitorMode;
  /** What the learning rate is multiplied by, in (0, 1). Default 0.1. */
  factor?: number;
  /** Epochs without a better value before the rate is lowered. Default 10. */
  patience?: number;
  /** A smaller change than this is none. Default 0.0001. */
  minimumChange?: number;
  /** Epochs after a reduction that are not counted. Default 0. */
  cooldown?: number;
  /** The rate is never lowered below this. Default 0. */
  minimumLearningRate?: number;
}

interface Progress {
  best: number | null;
  waited: number;
  cooling: number;
}

const START: Progress = { best: null, waited: 0, cooling: 0 };

/** Lowers the learning rate when a metric has not become better for `patience` epochs; as Keras' ReduceLROnPlateau. */
export function reduceLearningRateOnPlateau(options: ReduceLearningRateOnPlateauOptions = {}): Callback {
  expectKnownOptions('options', options, [
    'monitor',
    'mode',
    'factor',
    'patience',
    'minimumChange',
    'cooldown',
    'minimumLearningRate',
  ]);
  const monitor = createMonitor(options.monitor ?? 'valLoss', options.mode);
  const factor = expectNumber('options.factor', options.factor ?? 0.1, {
    minimum: 0,
    maximum: 1,
    exclusiveMinimum: true,
    exclusiveMaximum: true,
  });
  const patience = expectInteger('options.patience', options.patience ?? 10, { minimum: 0 });
  const minimumChange = expectNumber('options.minimumChange', options.minimumChange ?? 1e-4, { minimum: 0 });
  const cooldown = expectInteger('options.cooldown', options.cooldown ?? 0, { minimum: 0 });
  const minimum = expectNumber('options.minimumLearningRate', options.minimumLearningRate ?? 0, {
    minimum: 0,
  });
  let progress = START;
  return {
    name: 'reduceLearningRateOnPlateau',
    settings: {
      monitor: monitor.metric,
      factor,
      patience,
      minimumChange,
      cooldown,
      minimumLearningRate: minimum,
    },
    onTrainBegin: (run) => {
      monitor.expectIn(run);
      progress = START;
    },
    onEpochEnd: (run, record) => {
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
        lower(run, factor, minimum);
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
