import { expectInteger, expectKnownOptions, expectNumber } from '@zoo/core';

import type { Schedule } from './schedule';

/** Options of {@link linearWarmup}. */
export interface LinearWarmupOptions {
  /** Steps of linear rise; the schedule starts, at its own step 0, after them. */
  warmupSteps: number;
  /** The learning rate at step 0. Default 0. */
  initial?: number;
}

/** `schedule` after a linear rise from `initial` to the schedule's own first learning rate. */
export function linearWarmup(schedule: Schedule, options: LinearWarmupOptions): Schedule {
  expectKnownOptions('options', options, ['warmupSteps', 'initial']);
  const warmupSteps = expectInteger('options.warmupSteps', options.warmupSteps, { minimum: 0 });
  const initial = expectNumber('options.initial', options.initial ?? 0, { minimum: 0 });
  const target = schedule(0);
  return (step) =>
    step < warmupSteps ? initial + (target - initial) * (step / warmupSteps) : schedule(step - warmupSteps);
}
