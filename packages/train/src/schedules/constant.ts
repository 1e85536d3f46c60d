import { expectNumber } from '@zoo/core';

import type { Schedule } from './schedule';

/** The same learning rate at every step. */
export function constant(learningRate: number): Schedule {
  expectNumber('learningRate', learningRate, { minimum: 0 });
  return () => learningRate;
}
