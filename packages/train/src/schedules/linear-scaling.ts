import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { Schedule } from './schedule';

const LINEAR_SCALING_OPTIONS = {
  /** How many times the batch is as large as the one that the schedule is for; above 0. */
  factor: { type: 'number', minimum: 0, exclusiveMinimum: true, isRequired: true },
  /** Steps over which the factor rises from 1; Goyal et al. take 5 epochs. */
  warmupSteps: { type: 'integer', minimum: 0, isRequired: true },
} as const satisfies OptionTable;

/** Options of {@link linearScaling}. */
export interface LinearScalingOptions extends OptionsOf<typeof LINEAR_SCALING_OPTIONS> {}

/**
 * Scales `schedule` to batches `factor` times as large, such as those of several ranks: it multiplies learning rates by the factor, which
 * rises linearly over the first steps.
 *
 * Source: Goyal et al. 2017, "Accurate, Large Minibatch SGD", sections 2.1 and 2.2 (gradual warmup).
 */
export function linearScaling(schedule: Schedule, options: LinearScalingOptions): Schedule {
  const { factor, warmupSteps } = readOptions(LINEAR_SCALING_OPTIONS, options);
  return (step) => schedule(step) * (step < warmupSteps ? 1 + (factor - 1) * (step / warmupSteps) : factor);
}
