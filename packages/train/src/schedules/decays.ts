import {
  ArgumentError,
  expectNumber,
  readOptions,
  type OptionsOf,
  type OptionTable,
  type RequiredAnyRow,
} from '@zoo/core/options';

import type { Schedule } from './schedule';

const NUMBERS = {
  type: 'any',
  isRequired: true,
  expected: 'numbers',
  check: (argument, value) => {
    if (Array.isArray(value)) return value as readonly number[];
    throw new ArgumentError(argument, 'an array of numbers', value);
  },
} as RequiredAnyRow<readonly number[]>;

const PIECEWISE_CONSTANT_OPTIONS = {
  /** Steps after which the next value holds, in rising order. */
  boundaries: NUMBERS,
  /** Learning rates: one more than there are boundaries. */
  values: NUMBERS,
} as const satisfies OptionTable;

/** Options of {@link piecewiseConstant}. */
export interface PiecewiseConstantOptions extends OptionsOf<typeof PIECEWISE_CONSTANT_OPTIONS> {}

/**
 * `values[0]` up to and including step `boundaries[0]`, then `values[1]` up to and including `boundaries[1]`, and so on.
 *
 * As keras.optimizers.schedules.PiecewiseConstantDecay, whose boundaries belong to the interval on their left.
 */
export function piecewiseConstant(options: PiecewiseConstantOptions): Schedule {
  const { boundaries, values } = readOptions(PIECEWISE_CONSTANT_OPTIONS, options);
  boundaries.forEach((boundary, index) => {
    const minimum = index === 0 ? 0 : boundaries[index - 1]!;
    expectNumber(`options.boundaries[${index}]`, boundary, { minimum, exclusiveMinimum: index > 0 });
  });
  if (values.length !== boundaries.length + 1) {
    throw new ArgumentError(
      'options.values',
      `${boundaries.length + 1} learning rates, one more than there are boundaries,`,
      values,
    );
  }
  values.forEach((value, index) => expectNumber(`options.values[${index}]`, value, { minimum: 0 }));
  return (step) => {
    const index = boundaries.findIndex((boundary) => step <= boundary);
    return values[index === -1 ? boundaries.length : index]!;
  };
}

/** The learning rate at step 0. */
const INITIAL = { type: 'number', minimum: 0, isRequired: true } as const;

/** What `exponentialDecay` and `inverseTimeDecay` take, as data. */
export const DECAY_OPTIONS = {
  /** The learning rate at step 0. */
  initial: INITIAL,
  /** Steps in which the decay acts once. */
  decaySteps: { type: 'number', minimum: 0, exclusiveMinimum: true, isRequired: true },
  /** How strongly it acts. */
  decayRate: { type: 'number', minimum: 0, isRequired: true },
  /** True to decay at every `decaySteps`-th step only, rather than a little at each. Default false. */
  staircase: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** Options of {@link exponentialDecay} and {@link inverseTimeDecay}. */
export interface DecayOptions extends OptionsOf<typeof DECAY_OPTIONS> {}

/** `initial * decayRate ** (step / decaySteps)`; as keras.optimizers.schedules.ExponentialDecay. */
export function exponentialDecay(options: DecayOptions): Schedule {
  const { initial, decayRate, periods } = checkedDecay(options);
  return (step) => initial * decayRate ** periods(step);
}

/**
 * `initial / (1 + decayRate * step / decaySteps)`; as keras.optimizers.schedules.InverseTimeDecay.
 *
 * With `decaySteps: 1` it is the `decay` argument of Keras' legacy optimizers.
 */
export function inverseTimeDecay(options: DecayOptions): Schedule {
  const { initial, decayRate, periods } = checkedDecay(options);
  return (step) => initial / (1 + decayRate * periods(step));
}

function checkedDecay(options: DecayOptions) {
  const { initial, decaySteps, decayRate, staircase } = readOptions(DECAY_OPTIONS, options);
  const periods = (step: number): number => (staircase ? Math.floor(step / decaySteps) : step / decaySteps);
  return { initial, decayRate, periods };
}

/** What `polynomialDecay` takes, as data. */
export const POLYNOMIAL_DECAY_OPTIONS = {
  /** The learning rate at step 0. */
  initial: INITIAL,
  /** Steps until `final` is reached. */
  decaySteps: { type: 'integer', minimum: 1, isRequired: true },
  /** The learning rate at the end. Default 0.0001. */
  final: { type: 'number', minimum: 0, default: 1e-4 },
  /** Exponent: 1 is a straight line. Default 1. */
  power: { type: 'number', minimum: 0, default: 1 },
  /** True to stretch the decay to the next multiple of `decaySteps` whenever its end is passed. Default false. */
  cycle: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** Options of {@link polynomialDecay}. */
export interface PolynomialDecayOptions extends OptionsOf<typeof POLYNOMIAL_DECAY_OPTIONS> {}

/** `(initial - final) * (1 - step / decaySteps) ** power + final`; as keras.optimizers.schedules.PolynomialDecay. */
export function polynomialDecay(options: PolynomialDecayOptions): Schedule {
  const { initial, decaySteps, final, power, cycle } = readOptions(POLYNOMIAL_DECAY_OPTIONS, options);
  return (step) => {
    const cycles = cycle ? Math.max(1, Math.ceil(step / decaySteps)) : 1;
    const completed = Math.min(1, step / (decaySteps * cycles));
    return (initial - final) * (1 - completed) ** power + final;
  };
}
