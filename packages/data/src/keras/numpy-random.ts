import { expectInteger } from '@zoo/core';
import { mersenne } from 'pure-rand/generator/mersenne';

/** NumPy's legacy global generator, draw for draw. */
export interface NumpyRandom {
  /** `np.random.random()`: a double in [0, 1). */
  random(): number;
  /** `np.random.uniform(low, high)`. */
  uniform(low: number, high: number): number;
  /** `np.random.choice(count)`: an integer from 0 to `count` - 1. */
  choice(count: number): number;
  /** `np.random.permutation(length)`. */
  permutation(length: number): Uint32Array;
}

/**
 * The state after `np.random.seed(seed)`: MT19937, seeded by init_genrand.
 *
 * Sources: numpy/random/src/mt19937/mt19937.h (mt19937_next_double) and numpy/random/src/legacy and distributions
 * (random_interval: masked rejection).
 *
 * @param seed From 0 to 2^32 - 1.
 */
export function numpyRandom(seed: number): NumpyRandom {
  expectInteger('seed', seed, { minimum: 0, maximum: 2 ** 32 - 1 });
  const generator = mersenne(seed);
  const word = () => generator.next() >>> 0;
  const random = () => {
    const high = word() >>> 5;
    return (high * 2 ** 26 + (word() >>> 6)) / 2 ** 53;
  };
  const interval = (maximum: number): number => {
    if (maximum === 0) return 0;
    const mask = 2 ** (32 - Math.clz32(maximum)) - 1;
    for (;;) {
      const value = (word() & mask) >>> 0;
      if (value <= maximum) return value;
    }
  };
  return {
    random,
    uniform: (low, high) => low + (high - low) * random(),
    choice: (count) => interval(count - 1),
    permutation: (length) => {
      const order = Uint32Array.from({ length }, (_, index) => index);
      for (let i = length - 1; i > 0; i--) {
        const j = interval(i);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return order;
    },
  };
}
