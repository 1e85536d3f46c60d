import { expectFunction, type AnyRow, type OptionTable } from '@zoo/core/options';

import { SEED } from '../option-rows';

/** A fraction that leaves something on both sides. */
export const PART = {
  type: 'number',
  minimum: 0,
  maximum: 1,
  exclusiveMinimum: true,
  exclusiveMaximum: true,
} as const;

const BY = {
  type: 'any',
  expected: 'a function of an example that gives its key',
  check: expectFunction,
} as AnyRow<(example: never, index: number) => string | number>;

/** Options of `splitExamples`, as data: apart from it, because it loads TensorFlow.js. */
export const SPLIT_OPTIONS = {
  /** The share of each class that goes to `validation`, between 0 and 1. */
  fraction: { ...PART, isRequired: true },
  /** The same seed splits the same set alike. Default 0. */
  seed: SEED,
  /** Examples with one key stay together. */
  by: BY,
} as const satisfies OptionTable;

/** Options of `kFolds`, as data. */
export const K_FOLDS_OPTIONS = {
  /** How many folds. Default 5. */
  folds: { type: 'integer', minimum: 2, maximum: 1000, default: 5 },
  /** The same seed folds the same set alike. Default 0. */
  seed: SEED,
  /** Examples with one key stay together. */
  by: BY,
} as const satisfies OptionTable;
