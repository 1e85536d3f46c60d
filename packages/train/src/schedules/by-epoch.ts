import { expectInteger } from '@zoo/core';

import type { Schedule } from './schedule';

/**
 * A schedule from a rule of the epoch's number, from 0, as Keras' LearningRateScheduler takes one.
 *
 * @param rule The learning rate of an epoch.
 * @param stepsPerEpoch Updates an epoch makes.
 */
export function byEpoch(rule: (epoch: number) => number, stepsPerEpoch: number): Schedule {
  expectInteger('stepsPerEpoch', stepsPerEpoch, { minimum: 1 });
  return (step) => rule(Math.floor(step / stepsPerEpoch));
}

/**
 * The rule that IdenProf's ResNet-50 was trained by: 0.001, times 0.1, 0.01, 0.001 and 0.0001 after epochs 80, 120, 160 and 180.
 *
 * Source: OlafenwaMoses/IdenProf, idenprof.py, `lr_schedule`; epochs count from 0 as Keras counts them.
 *
 * @example
 * const schedule = byEpoch(idenProfLearningRate, train.batchesPerEpoch);
 */
export function idenProfLearningRate(epoch: number): number {
  if (epoch > 180) return 1e-3 * 1e-4;
  if (epoch > 160) return 1e-3 * 1e-3;
  if (epoch > 120) return 1e-3 * 1e-2;
  if (epoch > 80) return 1e-3 * 1e-1;
  return 1e-3;
}
