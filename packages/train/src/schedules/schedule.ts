import { ArgumentError, expectNumber } from '@zoo/core';

/**
 * The learning rate as a pure function of the step: how many updates have been made before this one, from 0.
 *
 * A schedule keeps no state, so a resumed run needs nothing but the step's number.
 */
export type Schedule = (step: number) => number;

/** The same learning rate at every step. */
export function constant(learningRate: number): Schedule {
  expectNumber('learningRate', learningRate, { minimum: 0 });
  return () => learningRate;
}

/** The schedule itself, or a constant one if `learningRate` is a number. */
export function asSchedule(learningRate: number | Schedule): Schedule {
  return typeof learningRate === 'number' ? () => learningRate : learningRate;
}

/** The schedule's rate at that step; throws ArgumentError for one that no optimizer can take: it would climb the loss, or end in NaN. */
export function rateAt(schedule: Schedule, step: number): number {
  const rate: unknown = schedule(step);
  if (typeof rate === 'number' && Number.isFinite(rate) && rate >= 0) return rate;
  throw new ArgumentError('options.schedule', `a finite rate of at least 0 at step ${step}`, rate);
}
