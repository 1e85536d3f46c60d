import { expectInteger, expectKnownOptions, expectNumber } from '@zoo/core';

import type { Schedule } from './schedule';

/** Options of {@link linearScaling}. */
export interface LinearScalingOptions {
  /** How many times the batch is as large as the one that the schedule is for; above 0. */
  factor: number;
  /** Steps over which the factor rises from 1; Goyal et al. take 5 epochs. */
  warmupSteps: number;
}

/**
 * `schedule`, made for one size of batch, for batches `factor` times as large, as on several ranks: learning rates times the factor, which
 * rises linearly over the first steps.
 *
 * Source: Goyal et al. 2017, "Accurate, Large Minibatch SGD", sections 2.1 and 2.2 (gradual warmup).
 */
export function linearScaling(schedule: Schedule, options: LinearScalingOptions): Schedule {
  expectKnownOptions('options', options, ['factor', 'warmupSteps']);
  const factor = expectNumber('options.factor', options.factor, { minimum: 0, exclusiveMinimum: true });
  const warmupSteps = expectInteger('options.warmupSteps', options.warmupSteps, { minimum: 0 });
  return (step) => schedule(step) * (step < warmupSteps ? 1 + (factor - 1) * (step / warmupSteps) : factor);
}
