import { ArgumentError, expectInteger, expectKnownOptions, expectNumber } from '@zoo/core';

import type { Schedule } from './schedule';

/** Options of {@link piecewiseConstant}. */
export interface PiecewiseConstantOptions {
  /** Steps after which the next value holds, in rising order. */
  boundaries: readonly number[];
  /** Learning rates: one more than there are boundaries. */
  values: readonly number[];
}

/**
 * `values[0]` up to and including step `boundaries[0]`, then `values[1]` up to and including `boundaries[1]`, and so on.
 *
 * As keras.optimizers.schedules.PiecewiseConstantDecay, whose boundaries belong to the interval on their left.
 */
export function piecewiseConstant(options: PiecewiseConstantOptions): Schedule {
  expectKnownOptions('options', options, ['boundaries', 'values']);
  const { boundaries, values } = options;
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

/** Options of {@link exponentialDecay} and {@link inverseTimeDecay}. */
export interface DecayOptions {
  /** The learning rate at step 0. */
  initial: number;
  /** Steps in which the decay acts once. */
  decaySteps: number;
  /** How strongly it acts. */
  decayRate: number;
  /** True to decay at every `decaySteps`-th step only, rather than a little at each. Default false. */
  staircase?: boolean;
}

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
  expectKnownOptions('options', options, ['initial', 'decaySteps', 'decayRate', 'staircase']);
  const initial = expectNumber('options.initial', options.initial, { minimum: 0 });
  const decayRate = expectNumber('options.decayRate', options.decayRate, { minimum: 0 });
  const decaySteps = expectNumber('options.decaySteps', options.decaySteps, {
    minimum: 0,
    exclusiveMinimum: true,
  });
  const periods = (step: number): number =>
    options.staircase === true ? Math.floor(step / decaySteps) : step / decaySteps;
  return { initial, decayRate, periods };
}

/** Options of {@link polynomialDecay}. */
export interface PolynomialDecayOptions {
  /** The learning rate at step 0. */
  initial: number;
  /** Steps until `final` is reached. */
  decaySteps: number;
  /** The learning rate at the end. Default 0.0001. */
  final?: number;
  /** Exponent: 1 is a straight line. Default 1. */
  power?: number;
  /** True to stretch the decay to the next multiple of `decaySteps` whenever its end is passed. Default false. */
  cycle?: boolean;
}

/** `(initial - final) * (1 - step / decaySteps) ** power + final`; as keras.optimizers.schedules.PolynomialDecay. */
export function polynomialDecay(options: PolynomialDecayOptions): Schedule {
  expectKnownOptions('options', options, ['initial', 'decaySteps', 'final', 'power', 'cycle']);
  const initial = expectNumber('options.initial', options.initial, { minimum: 0 });
  const decaySteps = expectInteger('options.decaySteps', options.decaySteps, { minimum: 1 });
  const final = expectNumber('options.final', options.final ?? 1e-4, { minimum: 0 });
  const power = expectNumber('options.power', options.power ?? 1, { minimum: 0 });
  return (step) => {
    const cycles = options.cycle === true ? Math.max(1, Math.ceil(step / decaySteps)) : 1;
    const completed = Math.min(1, step / (decaySteps * cycles));
    return (initial - final) * (1 - completed) ** power + final;
  };
}
