import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ActivationHistogram } from '../src/quantize/activation-histogram';
import {
  activationRange,
  activationSteps,
  CALIBRATION_METHOD,
  type CalibrationMethod,
} from '../src/quantize/activation-range';

const batches = fc.array(
  fc.float32Array({ minLength: 1, maxLength: 30, noNaN: true, noDefaultInfinity: true }),
  { minLength: 1, maxLength: 5 },
);
/** A histogram has 4096 bins: fewer tries than fast-check makes by itself. */
const TRIES = { numRuns: 40 };

function seen(...values: readonly (readonly number[])[]): ActivationHistogram {
  const histogram = new ActivationHistogram();
  for (const batch of values) histogram.add(Float32Array.from(batch));
  return histogram;
}

describe('ActivationHistogram', () => {
  it('counts every value once, and each at most a thousandth of the largest beside its place', () => {
    fc.assert(
      fc.property(batches, (given) => {
        const histogram = new ActivationHistogram();
        for (const batch of given) expect(histogram.add(batch)).toBe(true);
        const values = given.flatMap((batch) => [...batch]).sort((a, b) => a - b);
        const entries = histogram.entries();
        expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
        expect([histogram.minimum, histogram.maximum]).toEqual([values[0], values.at(-1)]);
        const largest = Math.max(...values.map(Math.abs));
        const middles = entries.flatMap(({ middle, count }) => new Array<number>(count).fill(middle));
        const distances = values.map((value, i) => Math.abs(middles[i]! - value));
        expect(Math.max(...distances)).toBeLessThanOrEqual(largest / 900);
      }),
      TRIES,
    );
  });

  it.each([NaN, Infinity, -Infinity])('takes no batch with %s', (value) => {
    const histogram = seen([1, 2]);
    expect(histogram.add(Float32Array.of(5, value))).toBe(false);
    expect(histogram.maximum).toBe(2);
  });
});

describe('activationRange', () => {
  it.each(CALIBRATION_METHOD.choices)('by %s holds zero, and nothing beyond what was seen', (method) => {
    fc.assert(
      fc.property(batches, (given) => {
        const histogram = new ActivationHistogram();
        for (const batch of given) histogram.add(batch);
        const { low, high } = activationRange(histogram, method);
        expect(low).toBeLessThanOrEqual(0);
        expect(high).toBeGreaterThanOrEqual(0);
        expect(low).toBeGreaterThanOrEqual(Math.min(histogram.minimum, 0));
        expect(high).toBeLessThanOrEqual(Math.max(histogram.maximum, 0));
      }),
      TRIES,
    );
  });

  it('by minMax reaches from the smallest to the largest', () => {
    expect(activationRange(seen([1, -2], [7]), 'minMax')).toEqual({ low: -2, high: 7 });
  });

  it('by percentile leaves out one in ten thousand', () => {
    const values = Array.from({ length: 100_000 }, (_, i) => (i < 4 ? 1000 : i / 100_000));
    const { low, high } = activationRange(seen(values), 'percentile');
    expect(low).toBe(0);
    expect(high).toBeCloseTo(1, 0);
  });

  it('by meanSquaredError cuts off what costs less than finer steps gain', () => {
    const values = Array.from({ length: 100_000 }, (_, i) =>
      i === 0 ? 20 : 2 * Math.sin(i) * Math.cos(3 * i),
    );
    const squares = (method: CalibrationMethod) => {
      const { scale, zeroPoint } = activationSteps(activationRange(seen(values), method));
      return values.reduce((sum, value) => {
        const whole = Math.max(0, Math.min(255, Math.round(value / scale) + zeroPoint));
        return sum + (value - (whole - zeroPoint) * scale) ** 2;
      }, 0);
    };
    expect(squares('meanSquaredError')).toBeLessThan(0.9 * squares('minMax'));
  });
});

describe('activationSteps', () => {
  it('is 255 steps from end to end, with zero exactly on one', () => {
    expect(activationSteps({ low: 0, high: 25.5 })).toEqual({ scale: Math.fround(0.1), zeroPoint: 0 });
    const { scale, zeroPoint } = activationSteps({ low: -1, high: 2 });
    expect(scale).toBeCloseTo(3 / 255);
    expect(zeroPoint).toBe(85);
  });

  it('has the scale 1 for a range without width', () => {
    expect(activationSteps({ low: 0, high: 0 })).toEqual({ scale: 1, zeroPoint: 0 });
  });
});
