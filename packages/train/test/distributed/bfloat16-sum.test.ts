import { describe, expect, it } from 'vitest';

import { round, widened } from '../../src/distributed/bfloat16-sum';

const halves = (values: readonly number[], residuals = new Float32Array(values.length)) => {
  const target = new Uint16Array(values.length);
  round(Float32Array.from(values), target, residuals);
  return [...target].map(widened);
};

describe('round', () => {
  it('takes the nearest bfloat16, ties to even, and keeps infinities and NaNs', () => {
    // Eight bits of precision: between 1 and 2 the step is 1 / 128.
    expect(halves([1, 1 + 1 / 256, 1 + 3 / 256, 1 + 0.9 / 128, -3.25])).toEqual([
      1,
      1,
      1 + 2 / 128,
      1 + 1 / 128,
      -3.25,
    ]);
    expect(halves([Infinity, -Infinity, NaN, 3.4e38])).toEqual([Infinity, -Infinity, NaN, Infinity]);
  });

  it('carries what it takes from a value over to the next one, so that sums over steps keep it', () => {
    const residuals = new Float32Array(1);
    let sum = 0;
    for (let step = 0; step < 1000; step++) sum += halves([1.001], residuals)[0]!;
    expect(sum).toBeGreaterThan(1000.99);
    expect(sum).toBeLessThan(1001.01);
  });
});
