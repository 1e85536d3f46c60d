import { expectInteger } from '@zoo/core';

import type { Schedule } from './schedule';

/**
 * A schedule from a rule of the epoch's number, from 0, as Keras' LearningRateScheduler takes one.
 *
 * @param rule The learning rate of an epoch.
 * @param stepsPerEpoch Updates an epoch makes.
 *
 * @example
 * const schedule = byEpoch((epoch) => (epoch < 80 ? 1e-3 : 1e-4), train.batchesPerEpoch);
 */
export function byEpoch(rule: (epoch: number) => number, stepsPerEpoch: number): Schedule {
  expectInteger('stepsPerEpoch', stepsPerEpoch, { minimum: 1 });
  return (step) => rule(Math.floor(step / stepsPerEpoch));
}
