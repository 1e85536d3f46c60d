import { expectFunction, type AnyRow, type OptionTable } from '@zoo/core/options';

import { SEED } from '../option-rows';

/** A share that leaves something on either side. */
export const PART = {
  type: 'number',
  minimum: 0,
  maximum: 1,
  exclusiveMinimum: true,
  exclusiveMaximum: true,
} as const;

/** Options of `splitExamples`, as data: apart from it, because it loads TensorFlow.js. */
export const SPLIT_OPTIONS = {
  /** The share of each class that goes to `validation`, between 0 and 1. */
  fraction: { ...PART, isRequired: true },
  /** The same seed splits the same set alike. Default 0. */
  seed: SEED,
  /** Examples with one key stay together. */
  by: {
    type: 'any',
    expected: 'a function of an example that gives its key',
    check: expectFunction,
  } as AnyRow<(example: never, index: number) => string | number>,
} as const satisfies OptionTable;
