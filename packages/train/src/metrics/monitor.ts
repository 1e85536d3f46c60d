import { ArgumentError, nearestName } from '@zoo/core';

import type { TrainingRun } from '../callbacks/callback';
import type { EpochRecord } from '../history';

/** Whether a metric is better when it is lower or higher; `auto` reads it from the metric's name. */
export type MonitorMode = (typeof MONITOR_MODE.choices)[number];

/** The option of every callback that watches a metric. */
export const MONITOR_MODE = { type: 'choice', choices: ['auto', 'min', 'max'], default: 'auto' } as const;

/** Keras' names for our metrics, old ones included. */
export const KERAS_METRIC_ALIASES: Readonly<Record<string, string>> = {
  acc: 'accuracy',
  val_acc: 'valAccuracy',
  val_accuracy: 'valAccuracy',
  val_loss: 'valLoss',
  lr: 'learningRate',
  learning_rate: 'learningRate',
};

/** Our name for a metric that may be written as Keras writes it. */
export function metricName(name: string): string {
  return Object.hasOwn(KERAS_METRIC_ALIASES, name) ? KERAS_METRIC_ALIASES[name]! : name;
}

/** A metric to watch and which way is better. */
export interface Monitor {
  readonly metric: string;
  /** True if `value` is better than `best` by more than `minimumChange`; nothing is better than no value yet. */
  isBetter(value: number, best: number | undefined, minimumChange?: number): boolean;
  /** Throws ArgumentError, before any training, if the run has no such metric. */
  expectIn(run: TrainingRun): void;
  /** True if an epoch has the metric: validation may come every few epochs. */
  isIn(record: EpochRecord): boolean;
  /** The metric's value in an epoch. */
  valueOf(record: EpochRecord): number;
}

/** Watches `metric`; `auto` knows losses (lower is better) and accuracies (higher). */
export function createMonitor(metric: string, mode: MonitorMode = 'auto'): Monitor {
  const name = metricName(metric);
  const direction = mode === 'auto' ? directionOf(name) : mode;
  return {
    metric: name,
    isBetter: (value, best, minimumChange = 0) => {
      if (Number.isNaN(value)) return false;
      if (best === undefined) return true;
      return direction === 'min' ? value < best - minimumChange : value > best + minimumChange;
    },
    expectIn: ({ metricNames }) => {
      if (metricNames.includes(name)) return;
      const nearest = nearestName(name, metricNames);
      throw new ArgumentError(
        'options.monitor',
        `a metric of this run (${metricNames.join(', ')})`,
        metric,
        nearest === undefined
          ? 'Metrics that begin with val need `validation` in fit.'
          : `Did you mean '${nearest}'? Metrics that begin with val need \`validation\` in fit.`,
      );
    },
    isIn: ({ metrics }) => Object.hasOwn(metrics, name),
    valueOf: ({ metrics }) => metrics[name] ?? Number.NaN,
  };
}

function directionOf(metric: string): 'min' | 'max' {
  if (/loss$/i.test(metric)) return 'min';
  if (/accuracy$/i.test(metric)) return 'max';
  throw new ArgumentError('options.mode', `'min' or 'max' for the metric ${metric}`, 'auto');
}
