import { ArgumentError, fingerprintOf, type Random } from '@zoo/core';

import { countByClass, type ImageExample, type ImageSet } from '../sets/image-set';
import { expectOneLabel } from '../sets/labels';

import type { Sampler } from './image-batches-options';

/** Weighted draws from a set. */
export interface WeightedDraws {
  /** Places of as many examples as the set has, each drawn anew: some come often, some not at all. */
  draw(random: Random): Uint32Array;
  /** Which weights they follow, for a resumed run. */
  readonly fingerprint: string;
}

/**
 * Draws with replacement in proportion to the weights of `sampler`: PyTorch's WeightedRandomSampler.
 *
 * @throws ArgumentError for a weight below 0 or not finite, if all are 0, and for `balanced` where pictures may have several classes.
 */
export function weightedDraws(set: ImageSet, sampler: Sampler): WeightedDraws {
  if (sampler === 'balanced') expectOneLabel(set, 'options.sampler', 'Give a weight of each example.');
  const counts = countByClass(set);
  const weightOf = sampler === 'balanced' ? ({ label }: ImageExample) => 1 / counts[label]! : sampler;
  const ends = new Float64Array(set.examples.length);
  let total = 0;
  for (const [place, example] of set.examples.entries()) {
    const weight: unknown = weightOf(example);
    if (typeof weight !== 'number' || !Number.isFinite(weight) || weight < 0) {
      throw new ArgumentError('options.sampler', 'weights of at least 0', weight, `See '${example.path}'.`);
    }
    ends[place] = total += weight;
  }
  if (total === 0) throw new ArgumentError('options.sampler', 'at least one weight above 0', 0);
  return {
    draw: (random) => Uint32Array.from(ends, () => placeOf(random.uniform() * total, ends)),
    fingerprint: fingerprintOf(ends),
  };
}

/** The first place whose end lies beyond `value`. */
function placeOf(value: number, ends: Float64Array): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
