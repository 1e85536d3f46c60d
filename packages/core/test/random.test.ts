import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { describe, expect, it } from 'vitest';

import { createRandom } from '../src/index';

describe('createRandom', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    const draw = (seed: number) => Array.from({ length: 8 }, createRandom(seed).uniform);
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('forks streams that do not depend on what was drawn before', () => {
    const fresh = createRandom(1);
    const used = createRandom(1);
    used.uniform();
    expect(used.fork('augment', 3, 14).uniform()).toBe(fresh.fork('augment', 3, 14).uniform());
  });

  it('tells labels apart that read alike when joined', () => {
    const random = createRandom(1);
    const firsts = [random.fork('a', 1), random.fork('a1'), random.fork('a', '1'), random.fork(1, 'a')].map(
      (r) => r.uniform(),
    );
    expect(new Set(firsts).size).toBe(4);
  });

  it('draws uniform and normal numbers with the moments of their distributions', () => {
    const random = createRandom(123);
    const count = 100_000;
    const moments = (draw: () => number) => {
      const values = Array.from({ length: count }, draw);
      const mean = values.reduce((sum, value) => sum + value, 0) / count;
      return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count] as const;
    };
    // Five standard errors.
    const [uniformMean, uniformVariance] = moments(random.uniform);
    expect(Math.abs(uniformMean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / count));
    expect(Math.abs(uniformVariance - 1 / 12)).toBeLessThan(0.002);
    const [normalMean, normalVariance] = moments(random.normal);
    expect(Math.abs(normalMean)).toBeLessThan(5 / Math.sqrt(count));
    expect(Math.abs(normalVariance - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
  });

  it('permutes each index exactly once', () => {
    expect([...createRandom(5).permutation(100)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  it('draws the integers that pure-rand draws of a range of up to 2^32', () => {
    for (const [minimum, maximum] of [
      [0, 0],
      [-3, 3],
      [10, 265],
      [1, 0x7fffffff],
      [0, 3_000_000_000],
      [-(2 ** 31), 2 ** 31 - 1],
    ] as const) {
      const random = createRandom(9);
      const bits = createRandom(9);
      const theirs = { next: () => bits.bits() | 0 } as RandomGenerator;
      const draw = (from: () => number) => Array.from({ length: 50 }, from);
      const own = draw(() => random.integer(minimum, maximum));
      expect(own).toEqual(draw(() => uniformInt(theirs, minimum, maximum)));
    }
  });

  it.each([
    [1, 0],
    [0.5, 3],
    [0, 2 ** 32],
    [0, NaN],
  ])('refuses a range from %d to %d', (minimum, maximum) => {
    expect(() => createRandom(1).integer(minimum, maximum)).toThrow(/for `maximum`/);
  });

  it.each([-1, 1.5, NaN, '7', undefined])('refuses %s as a seed', (seed) => {
    expect(() => createRandom(seed as number)).toThrow(
      /Expected an integer of at least 0 for `seed` but received/,
    );
  });
});
