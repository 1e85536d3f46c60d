import { expectInteger, expectKnownOptions, expectNumber } from '@zoo/core';

import { linearWarmup } from './linear-warmup';
import type { Schedule } from './schedule';

/** Options of {@link cosineDecay}. */
export interface CosineDecayOptions {
  /** The learning rate at step 0. */
  initial: number;
  /** Steps until the final rate is reached. */
  decaySteps: number;
  /** The final rate as a fraction of `initial`. Default 0. */
  alpha?: number;
}

/**
 * Half a cosine from `initial` down to `alpha * initial`, constant afterwards; as keras.optimizers.schedules.CosineDecay.
 *
 * Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", equation 5, without restarts.
 */
export function cosineDecay(options: CosineDecayOptions): Schedule {
  expectKnownOptions('options', options, ['initial', 'decaySteps', 'alpha']);
  const initial = expectNumber('options.initial', options.initial, { minimum: 0 });
  const decaySteps = expectInteger('options.decaySteps', options.decaySteps, { minimum: 1 });
  const alpha = expectNumber('options.alpha', options.alpha ?? 0, { minimum: 0, maximum: 1 });
  return (step) => {
    const completed = Math.min(step, decaySteps) / decaySteps;
    const cosine = 0.5 * (1 + Math.cos(Math.PI * completed));
    return initial * ((1 - alpha) * cosine + alpha);
  };
}

/** Options of {@link cosineDecayRestarts}. */
export interface CosineDecayRestartsOptions {
  /** The learning rate at step 0. */
  initial: number;
  /** Steps of the first period. */
  firstDecaySteps: number;
  /** Each period is this many times as long as the one before. Default 2. */
  periodFactor?: number;
  /** Each period starts from this fraction of the rate the one before started from. Default 1. */
  peakFactor?: number;
  /** The lowest rate as a fraction of `initial`. Default 0. */
  alpha?: number;
}

/** Cosine periods that start again and again; as keras.optimizers.schedules.CosineDecayRestarts (SGDR, equation 5). */
export function cosineDecayRestarts(options: CosineDecayRestartsOptions): Schedule {
  expectKnownOptions('options', options, [
    'initial',
    'firstDecaySteps',
    'periodFactor',
    'peakFactor',
    'alpha',
  ]);
  const initial = expectNumber('options.initial', options.initial, { minimum: 0 });
  const first = expectInteger('options.firstDecaySteps', options.firstDecaySteps, { minimum: 1 });
  const growth = expectNumber('options.periodFactor', options.periodFactor ?? 2, { minimum: 1 });
  const peakFactor = expectNumber('options.peakFactor', options.peakFactor ?? 1, { minimum: 0 });
  const alpha = expectNumber('options.alpha', options.alpha ?? 0, { minimum: 0, maximum: 1 });
  return (step) => {
    const { period, completed } = placeInPeriod(step / first, growth);
    const cosine = 0.5 * peakFactor ** period * (1 + Math.cos(Math.PI * completed));
    return initial * ((1 - alpha) * cosine + alpha);
  };
}

/** Which period a time falls in, in units of the first period, and which fraction of that period is over. */
function placeInPeriod(time: number, growth: number): { period: number; completed: number } {
  if (growth === 1) return { period: Math.floor(time), completed: time - Math.floor(time) };
  const startOf = (index: number): number => (1 - growth ** index) / (1 - growth);
  let period = Math.floor(Math.log(1 - time * (1 - growth)) / Math.log(growth));
  // The logarithms may land just below a whole number at a period's first step.
  if (time >= startOf(period + 1)) period += 1;
  return { period, completed: (time - startOf(period)) / growth ** period };
}

/** Options of {@link warmupCosine}. */
export interface WarmupCosineOptions {
  /** The highest learning rate, reached when the warm-up ends. */
  peak: number;
  /** Steps of linear rise from 0. */
  warmupSteps: number;
  /** Steps of the whole run, warm-up included. */
  totalSteps: number;
  /** The learning rate at the end. Default 0. */
  final?: number;
}

/**
 * A linear rise from 0 to `peak`, then half a cosine down to `final`: what residual networks are trained with today.
 *
 * Equal to keras.optimizers.schedules.CosineDecay(0, totalSteps - warmupSteps, alpha=final / peak, warmup_target=peak,
 * warmup_steps=warmupSteps).
 */
export function warmupCosine(options: WarmupCosineOptions): Schedule {
  expectKnownOptions('options', options, ['peak', 'warmupSteps', 'totalSteps', 'final']);
  const peak = expectNumber('options.peak', options.peak, { minimum: 0, exclusiveMinimum: true });
  const warmupSteps = expectInteger('options.warmupSteps', options.warmupSteps, { minimum: 0 });
  const totalSteps = expectInteger('options.totalSteps', options.totalSteps, { minimum: warmupSteps + 1 });
  const final = expectNumber('options.final', options.final ?? 0, { minimum: 0, maximum: peak });
  const decay = cosineDecay({ initial: peak, decaySteps: totalSteps - warmupSteps, alpha: final / peak });
  return linearWarmup(decay, { warmupSteps });
}
