import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

import { expectInteger } from './arguments';
import { ArgumentError } from './errors';

/** One word of the path that leads to a stream of random numbers: see {@link Random.fork}. */
export type RandomLabel = string | number;

/**
 * Seeded random numbers (xoroshiro128+, from pure-rand), and as many independent streams as there are things to draw for.
 *
 * The zoo derives a stream by name instead of sharing one: `random.fork('augment', epoch, exampleIndex)` gives the same
 * numbers whatever was drawn before, so a resumed run needs an epoch's number and no generator's state.
 *
 * @example
 * const random = createRandom(42);
 * const order = random.fork('shuffle', epoch).permutation(examples.length);
 */
export interface Random {
  /** An integer in [0, 2^32): 32 random bits. */
  bits(): number;
  /** A number in [0, 1) with 24 random bits. */
  uniform(): number;
  /** A number in [minimum, maximum). */
  uniformBetween(minimum: number, maximum: number): number;
  /**
   * An integer in [minimum, maximum], both ends included.
   *
   * @throws ArgumentError if they are not integers, the first the smaller, or 2^32 and more apart.
   */
  integer(minimum: number, maximum: number): number;
  /** A number of the standard normal distribution (Box-Muller). */
  normal(): number;
  /** The integers from 0 to `length` - 1 in random order (Fisher-Yates). */
  permutation(length: number): Uint32Array;
  /** An independent stream that depends on this stream's seed and on `labels` only, not on what was drawn before. */
  fork(...labels: RandomLabel[]): Random;
}

/**
 * A stream of random numbers for `seed`.
 *
 * @param seed A non-negative integer below 2^53.
 * @throws ArgumentError if `seed` is anything else.
 */
export function createRandom(seed: number): Random {
  expectInteger('seed', seed, { minimum: 0 });
  return randomFromHash(hashLabel(FNV_OFFSET, seed));
}

function randomFromHash(hash: number): Random {
  const generator = xoroshiro128plus(hash);
  const random: Random = {
    bits: () => generator.next() >>> 0,
    uniform: () => uniformFloat32(generator),
    uniformBetween: (minimum, maximum) => minimum + (maximum - minimum) * uniformFloat32(generator),
    integer: (minimum, maximum) => minimum + below(generator, maximum - minimum + 1),
    normal: () => {
      // 1 - u is in (0, 1], so that the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat32(generator)));
      return radius * Math.cos(2 * Math.PI * uniformFloat32(generator));
    },
    permutation: (length) => {
      const order = Uint32Array.from({ length }, (_, index) => index);
      for (let i = length - 1; i > 0; i--) {
        const j = below(generator, i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return order;
    },
    fork: (...labels) => randomFromHash(labels.reduce<number>(hashLabel, hash)),
  };
  return random;
}

/** An integer from 0 to `count` - 1: draws beyond the last multiple of `count` are drawn again, so that all are as likely. */
function below(generator: { next(): number }, count: number): number {
  const most = 2 ** 32;
  if (!(Number.isInteger(count) && count > 0 && count <= most)) {
    throw new ArgumentError('maximum', 'an integer of a range of 1 to 2^32', count);
  }
  const end = most - (most % count);
  let draw = end;
  while (draw >= end) draw = generator.next() + 2 ** 31;
  return draw % count;
}

/** A fingerprint of a list: 16 hexadecimal digits. It detects accidental differences and does not protect against forgery. */
export function fingerprintOf(labels: Iterable<RandomLabel>): string {
  const lanes: [number, number] = [FNV_OFFSET, ~FNV_OFFSET];
  for (const label of labels) {
    lanes[0] = hashLabel(lanes[0], label);
    lanes[1] = hashLabel(lanes[1], label);
  }
  return lanes.map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}

const FNV_OFFSET = 0x811c9dc5;

/** FNV-1a over the label's text with a type mark and a terminator, so that ('a', 1) and ('a1') differ; then Murmur3's finaliser. */
function hashLabel(hash: number, label: RandomLabel): number {
  const text = `${typeof label === 'number' ? '#' : '$'}${label}\0`;
  let mixed = hash;
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}
