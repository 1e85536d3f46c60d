import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { placeInPeriod } from './place-in-period';
import type { Schedule } from './schedule';

/** What `withRestarts` takes, as data. */
export const WITH_RESTARTS_OPTIONS = {
  /** Steps of the first period, after which the schedule begins again. */
  periodSteps: { type: 'integer', minimum: 1, isRequired: true },
  /** Each period is this many times as long as the one before; the schedule is stretched. Default 1. */
  periodFactor: { type: 'number', minimum: 1, default: 1 },
  /** What the rates of each period are multiplied by, those of the one before being 1. Default 1. */
  peakFactor: { type: 'number', minimum: 0, default: 1 },
} as const satisfies OptionTable;

/** Options of {@link withRestarts}. */
export interface WithRestartsOptions extends OptionsOf<typeof WITH_RESTARTS_OPTIONS> {}

/**
 * Repeats `schedule`, made for a period of `periodSteps`, again and again. With half a cosine it is
 * torch.optim.lr_scheduler.CosineAnnealingWarmRestarts (Loshchilov and Hutter, "SGDR").
 *
 * @example
 * const schedule = withRestarts(cosineDecay({ initial: 0.1, decaySteps: 1000 }), { periodSteps: 1000, periodFactor: 2 });
 */
export function withRestarts(schedule: Schedule, options: WithRestartsOptions): Schedule {
  const { periodSteps, periodFactor, peakFactor } = readOptions(WITH_RESTARTS_OPTIONS, options);
  return (step) => {
    const { period, completed } = placeInPeriod(step / periodSteps, periodFactor);
    return peakFactor ** period * schedule(completed * periodSteps);
  };
}
