import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  byEpoch,
  constant,
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  kerasSchedule,
  linearScaling,
  linearWarmup,
  multiStepDecay,
  oneCycle,
  piecewiseConstant,
  polynomialDecay,
  stepDecay,
  warmupCosine,
  withRestarts,
  type Schedule,
} from '../src';

import golden from './fixtures/schedules.json';

const CASES: Record<keyof typeof golden.rates, Schedule> = {
  'constant pieces': piecewiseConstant({ boundaries: [10, 50, 100], values: [0.1, 0.01, 0.001, 0.0001] }),
  exponential: exponentialDecay({ initial: 0.1, decaySteps: 20, decayRate: 0.5 }),
  'exponential staircase': exponentialDecay({
    initial: 0.1,
    decaySteps: 20,
    decayRate: 0.5,
    staircase: true,
  }),
  'inverse time': inverseTimeDecay({ initial: 0.1, decaySteps: 20, decayRate: 0.5 }),
  'inverse time staircase': inverseTimeDecay({
    initial: 0.1,
    decaySteps: 20,
    decayRate: 0.5,
    staircase: true,
  }),
  polynomial: polynomialDecay({ initial: 0.1, decaySteps: 100, final: 0.01, power: 2 }),
  'polynomial cycle': polynomialDecay({ initial: 0.1, decaySteps: 50, final: 0.01, power: 0.5, cycle: true }),
  cosine: cosineDecay({ initial: 0.1, decaySteps: 100, alpha: 0.1 }),
  'warmup cosine': warmupCosine({ peak: 0.2, warmupSteps: 10, totalSteps: 100, final: 0.01 }),
  restarts: cosineDecayRestarts({ initial: 0.1, firstDecaySteps: 10, peakFactor: 0.9, alpha: 0.1 }),
  'restarts of one length': cosineDecayRestarts({
    initial: 0.1,
    firstDecaySteps: 10,
    periodFactor: 1,
    peakFactor: 0.5,
  }),
};

/** One warm restart's period and lowest rate as PyTorch's case has them. */
const half = cosineDecay({ initial: 0.1, decaySteps: 10, alpha: 0.1 });

const TORCH_CASES: Record<keyof typeof golden.torch, Schedule> = {
  'one cycle': oneCycle({ peak: 0.4, totalSteps: 101 }),
  'one cycle, linear': oneCycle({
    ...{ peak: 0.4, totalSteps: 101, riseShare: 0.25, anneal: 'linear' },
    ...{ initialDivisor: 10, finalDivisor: 50 },
  }),
  'one cycle, three phases': oneCycle({ peak: 0.4, totalSteps: 101, threePhases: true }),
  steps: stepDecay({ initial: 0.1, dropSteps: 20, factor: 0.5 }),
  milestones: multiStepDecay({ initial: 0.1, milestones: [10, 50, 71], factor: 0.3 }),
  'warm restarts': withRestarts(half, { periodSteps: 10, periodFactor: 2 }),
  'warm-up, then steps': linearWarmup(stepDecay({ initial: 0.1, dropSteps: 20, factor: 0.5 }), {
    ...{ warmupSteps: 10, initial: 0.01 },
  }),
};

describe('schedules', () => {
  it.each(Object.entries(TORCH_CASES))('%s are those of PyTorch at every step', (name, schedule) => {
    golden.torch[name as keyof typeof golden.torch].forEach((rate, step) =>
      expect(schedule(step), `step ${step}`).toBeCloseTo(rate, 9),
    );
  });

  it('keep the final rate of one cycle after its end', () => {
    const schedule = oneCycle({ peak: 1, totalSteps: 10 });
    expect(schedule(10)).toBe(schedule(9));
    expect(schedule(1000)).toBeCloseTo(4e-6, 12);
  });

  it.each(Object.entries(CASES))('%s are those of Keras', (name, schedule) => {
    const expected = golden.rates[name as keyof typeof golden.rates];
    golden.steps.forEach((step, index) => {
      expect(schedule(step), `step ${step}`).toBeCloseTo(expected[index]!, 6);
    });
  });

  it.each(Object.entries(golden.configs))('%s are read from what Keras writes of them', (name, config) => {
    const schedule = kerasSchedule(config)!;
    const expected = golden.rates[name as keyof typeof golden.rates];
    golden.steps.forEach((step, index) => {
      expect(schedule(step), `step ${step}`).toBeCloseTo(expected[index]!, 6);
    });
  });

  it('of a class of its own are not guessed, and values that make no sense are refused', () => {
    const config = { initial_learning_rate: 0.1, decay_steps: 0, decay_rate: 0.5, staircase: false };
    expect(kerasSchedule({ class_name: 'My>Schedule', config })).toBeUndefined();
    expect(() => kerasSchedule({ class_name: 'ExponentialDecay', config })).toThrow(/decaySteps/);
  });

  it('are finite and never negative', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(CASES), ...Object.values(TORCH_CASES)),
        fc.nat({ max: 1e6 }),
        (schedule, step) => {
          const rate = schedule(step);
          return Number.isFinite(rate) && rate >= 0;
        },
      ),
    );
  });

  it('warm up to the peak and end at the final rate', () => {
    const schedule = warmupCosine({ peak: 0.4, warmupSteps: 5, totalSteps: 50, final: 0.001 });
    expect(schedule(0)).toBe(0);
    expect(schedule(5)).toBeCloseTo(0.4, 12);
    expect(schedule(50)).toBeCloseTo(0.001, 12);
    expect(schedule(5000)).toBeCloseTo(0.001, 12);
  });

  it('put a warm-up before any other schedule', () => {
    const schedule = linearWarmup(constant(0.3), { warmupSteps: 3, initial: 0.1 });
    expect([0, 3, 10].map(schedule)).toEqual([0.1, 0.3, 0.3]);
  });

  it('follow a rule of the epoch, from 0', () => {
    const schedule = byEpoch((epoch) => 10 - epoch, 281);
    expect([0, 280, 281, 561, 562].map(schedule)).toEqual([10, 10, 9, 9, 8]);
  });

  it('refuse what makes no sense', () => {
    expect(() => warmupCosine({ peak: 0.1, warmupSteps: 10, totalSteps: 10 })).toThrow(/options.totalSteps/);
    expect(() => piecewiseConstant({ boundaries: [5, 5], values: [1, 2, 3] })).toThrow(
      /options.boundaries\[1\]/,
    );
    expect(() => piecewiseConstant({ boundaries: [5], values: [1] })).toThrow(/Expected 2 learning rates/);
    expect(() => constant(Number.NaN)).toThrow(/learningRate/);
    expect(() => multiStepDecay({ initial: 1, milestones: [5, 5] })).toThrow(/options.milestones\[1\]/);
    expect(() => oneCycle({ peak: 1, totalSteps: 3 })).toThrow(/options.totalSteps/);
  });

  it('scales a schedule for larger batches, the factor rising over the first steps', () => {
    const schedule = linearScaling(constant(0.1), { factor: 4, warmupSteps: 3 });
    const rates = [0, 1, 2, 3, 100].map(schedule);
    [0.1, 0.2, 0.3, 0.4, 0.4].forEach((rate, index) => expect(rates[index]).toBeCloseTo(rate, 12));
    expect(() => linearScaling(constant(0.1), { factor: 0, warmupSteps: 3 })).toThrow('options.factor');
  });
});
