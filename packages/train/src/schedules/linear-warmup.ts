import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { Schedule } from './schedule';

const LINEAR_WARMUP_OPTIONS = {
  /** Steps of linear rise; the schedule starts, at its own step 0, after them. */
  warmupSteps: { type: 'integer', minimum: 0, isRequired: true },
  /** The learning rate at step 0. Default 0. */
  initial: { type: 'number', minimum: 0, default: 0 },
} as const satisfies OptionTable;

/** Options of {@link linearWarmup}. */
export interface LinearWarmupOptions extends OptionsOf<typeof LINEAR_WARMUP_OPTIONS> {}

/** `schedule` after a linear rise from `initial` to the schedule's own first learning rate. */
export function linearWarmup(schedule: Schedule, options: LinearWarmupOptions): Schedule {
  const { warmupSteps, initial } = readOptions(LINEAR_WARMUP_OPTIONS, options);
  const target = schedule(0);
  return (step) =>
    step < warmupSteps ? initial + (target - initial) * (step / warmupSteps) : schedule(step - warmupSteps);
}
