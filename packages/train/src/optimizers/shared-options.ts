import { expectNumber, type AnyRow, type AnyRowWithDefault } from '@zoo/core/options';

import type { Schedule } from '../schedules';

import { decaysKernelsOnly, type WeightDecayFilter } from './weight-decay';

/** Rows that every rule has; the default of `learningRate` is the rule's own. */
export const SHARED_OPTIONS = {
  /** A number, or a schedule. */
  learningRate: {
    type: 'any',
    expected: 'a number of at least 0, or a schedule',
    check: (argument, value) => {
      expectNumber(argument, typeof value === 'function' ? (value as Schedule)(0) : value, { minimum: 0 });
      return value as number | Schedule;
    },
  } as AnyRow<number | Schedule>,
  /** How strongly weights decay; each rule says in which way. Default 0 unless the rule says otherwise. */
  weightDecay: { type: 'number', minimum: 0, default: 0 },
  /** Which weights decay. Default: kernels; biases and norms do not. */
  weightDecayFilter: {
    type: 'any',
    expected: 'a function of a weight that gives true or false',
    default: decaysKernelsOnly,
  } as AnyRowWithDefault<WeightDecayFilter>,
} as const;

/** A share in [0, 1). */
export const FRACTION = { type: 'number', minimum: 0, maximum: 1, exclusiveMaximum: true } as const;

/** A number above 0 that keeps a quotient finite. */
export const EPSILON = { type: 'number', minimum: 0, exclusiveMinimum: true } as const;
