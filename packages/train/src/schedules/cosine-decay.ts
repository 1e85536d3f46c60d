import {
  expectInteger,
  expectNumber,
  readOptions,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import { linearWarmup } from './linear-warmup';
import { placeInPeriod } from './place-in-period';
import type { Schedule } from './schedule';

/** The learning rate at step 0. */
const INITIAL = { type: 'number', minimum: 0, isRequired: true } as const;
/** The lowest rate as a fraction of the first. */
const ALPHA = { type: 'number', minimum: 0, maximum: 1, default: 0 } as const;

const COSINE_DECAY_OPTIONS = {
  /** The learning rate at step 0. */
  initial: INITIAL,
  /** Steps until the final rate is reached. */
  decaySteps: { type: 'integer', minimum: 1, isRequired: true },
  /** The final rate as a fraction of `initial`. Default 0. */
  alpha: ALPHA,
} as const satisfies OptionTable;

/** Options of {@link cosineDecay}. */
export interface CosineDecayOptions extends OptionsOf<typeof COSINE_DECAY_OPTIONS> {}

/**
 * Half a cosine from `initial` down to `alpha * initial`, constant afterwards; as keras.optimizers.schedules.CosineDecay.
 *
 * Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", equation 5, without restarts.
 */
export function cosineDecay(options: CosineDecayOptions): Schedule {
  const { initial, decaySteps, alpha } = readOptions(COSINE_DECAY_OPTIONS, options);
  return (step) => {
    const completed = Math.min(step, decaySteps) / decaySteps;
    const cosine = 0.5 * (1 + Math.cos(Math.PI * completed));
    return initial * ((1 - alpha) * cosine + alpha);
  };
}

const COSINE_DECAY_RESTARTS_OPTIONS = {
  /** The learning rate at step 0. */
  initial: INITIAL,
  /** Steps of the first period. */
  firstDecaySteps: { type: 'integer', minimum: 1, isRequired: true },
  /** Each period is this many times as long as the one before. Default 2. */
  periodFactor: { type: 'number', minimum: 1, default: 2 },
  /** Each period starts from this fraction of the rate the one before started from. Default 1. */
  peakFactor: { type: 'number', minimum: 0, default: 1 },
  /** The lowest rate as a fraction of `initial`. Default 0. */
  alpha: ALPHA,
} as const satisfies OptionTable;

/** Options of {@link cosineDecayRestarts}. */
export interface CosineDecayRestartsOptions extends OptionsOf<typeof COSINE_DECAY_RESTARTS_OPTIONS> {}

/** Cosine periods that start again and again; as keras.optimizers.schedules.CosineDecayRestarts (SGDR, equation 5). */
export function cosineDecayRestarts(options: CosineDecayRestartsOptions): Schedule {
  const { initial, firstDecaySteps, periodFactor, peakFactor, alpha } = readOptions(
    COSINE_DECAY_RESTARTS_OPTIONS,
    options,
  );
  return (step) => {
    const { period, completed } = placeInPeriod(step / firstDecaySteps, periodFactor);
    const cosine = 0.5 * peakFactor ** period * (1 + Math.cos(Math.PI * completed));
    return initial * ((1 - alpha) * cosine + alpha);
  };
}

const WARMUP_COSINE_OPTIONS = {
  /** The highest learning rate, reached when the warm-up ends. */
  peak: { type: 'number', minimum: 0, exclusiveMinimum: true, isRequired: true },
  /** Steps of linear rise from 0. */
  warmupSteps: { type: 'integer', minimum: 0, isRequired: true },
  /** Steps of the whole run, warm-up included. */
  totalSteps: { type: 'integer', minimum: 1, isRequired: true },
  /** The learning rate at the end. Default 0. */
  final: { type: 'number', minimum: 0, default: 0 },
} as const satisfies OptionTable;

/** Options of {@link warmupCosine}. */
export interface WarmupCosineOptions extends OptionsOf<typeof WARMUP_COSINE_OPTIONS> {}

/**
 * A linear rise from 0 to `peak`, then half a cosine down to `final`: the usual schedule for residual networks today.
 *
 * Equal to keras.optimizers.schedules.CosineDecay(0, totalSteps - warmupSteps, alpha=final / peak, warmup_target=peak,
 * warmup_steps=warmupSteps).
 */
export function warmupCosine(options: WarmupCosineOptions): Schedule {
  const { peak, warmupSteps, totalSteps, final } = readOptions(WARMUP_COSINE_OPTIONS, options);
  expectInteger('options.totalSteps', totalSteps, { minimum: warmupSteps + 1 });
  expectNumber('options.final', final, { maximum: peak });
  const decay = cosineDecay({ initial: peak, decaySteps: totalSteps - warmupSteps, alpha: final / peak });
  return linearWarmup(decay, { warmupSteps });
}
