import { describe, expect, it } from 'vitest';

import { bfloat16, float16, type HalfPrecision } from '../../src/distributed/half-precision';

function halves(
  { round, widened }: HalfPrecision,
  values: readonly number[],
  residuals = new Float32Array(values.length),
): number[] {
  const target = new Uint16Array(values.length);
  round(Float32Array.from(values), target, residuals);
  return [...target].map(widened);
}

describe('round', () => {
  it('takes the nearest bfloat16, ties to even, and keeps infinities and NaNs', () => {
    // Eight bits of precision: between 1 and 2 the step is 1 / 128.
    expect(halves(bfloat16, [1, 1 + 1 / 256, 1 + 3 / 256, 1 + 0.9 / 128, -3.25])).toEqual([
      1,
      1,
      1 + 2 / 128,
      1 + 1 / 128,
      -3.25,
    ]);
    expect(halves(bfloat16, [Infinity, -Infinity, NaN, 3.4e38])).toEqual([
      Infinity,
      -Infinity,
      NaN,
      Infinity,
    ]);
  });

  it('takes the nearest float16, ties to even, down to the smallest, and keeps infinities and NaNs', () => {
    // Eleven bits of precision: between 1 and 2 the step is 2^-10. Below 2^-14 it is 2^-24.
    expect(halves(float16, [1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, -3.25, 2 ** -14])).toEqual([
      1,
      1,
      1 + 2 ** -9,
      -3.25,
      2 ** -14,
    ]);
    expect(
      halves(float16, [2 ** -24, 1.5 * 2 ** -24, 2 ** -25, 1.1 * 2 ** -25, -(2 ** -14) + 2 ** -24]),
    ).toEqual([2 ** -24, 2 ** -23, 0, 2 ** -24, -(2 ** -14) + 2 ** -24]);
    expect(halves(float16, [Infinity, -Infinity, NaN])).toEqual([Infinity, -Infinity, NaN]);
  });

  it('gives every float16 back', () => {
    for (let half = 0; half < 0x10000; half++) {
      const value = float16.widened(half);
      const target = new Uint16Array(1);
      float16.round(Float32Array.of(value), target, new Float32Array(1));
      // Of both zeros one is made.
      if (!Number.isNaN(value) && half !== 0x8000) expect(target[0]).toBe(half);
    }
  });

  it('sends a value beyond float16 in parts', () => {
    const residuals = new Float32Array(1);
    expect(halves(float16, [-100_000], residuals)).toEqual([-65_504]);
    expect(halves(float16, [0], residuals)).toEqual([-34_496]);
    expect(residuals[0]).toBe(0);
  });

  it.each([
    ['bfloat16', bfloat16],
    ['float16', float16],
  ])(
    'carries what %s takes from a value over to the next one, so that sums over steps keep it',
    (_, half) => {
      const residuals = new Float32Array(2);
      // The second one is too small for float16 by itself.
      const sums = [0, 0];
      for (let step = 0; step < 1000; step++)
        halves(half, [1.001, 1e-8], residuals).forEach((value, index) => (sums[index]! += value));
      expect(Math.abs(sums[0]! - 1001)).toBeLessThan(0.01);
      expect(Math.abs(sums[1]! - 1e-5)).toBeLessThan(1e-7);
    },
  );
});
