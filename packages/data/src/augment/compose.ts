import type { JsonValue } from '@zoo/core';
import { ArgumentError, readOptions, type AnyRow, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { PROBABILITY } from '../option-rows';

import { describeAugmentations, type Augmentation } from './augmentation';
import { expectAugmentations } from './expect-augmentations';

/** Options of {@link randomApply}, as data. */
export const RANDOM_APPLY_OPTIONS = {
  /** How often they happen, all or none, from 0 to 1. Default 0.5. */
  probability: { ...PROBABILITY, default: 0.5 },
} as const satisfies OptionTable;

/** Options of {@link randomApply}. */
export interface RandomApplyOptions extends OptionsOf<typeof RANDOM_APPLY_OPTIONS> {}

/** Applies all of some changes in their order, or none: torchvision's RandomApply. */
export function randomApply(
  changes: readonly Augmentation[],
  options: RandomApplyOptions = {},
): Augmentation {
  const { probability } = readOptions(RANDOM_APPLY_OPTIONS, options);
  expectSome(changes);
  return {
    name: 'randomApply',
    settings: { probability, changes: described(changes) },
    apply: (image, random, target) =>
      random.uniform() >= probability
        ? image
        : changes.reduce(
            (changed, change, place) => change.apply(changed, random.fork(change.name, place), target),
            image,
          ),
  };
}

/** Options of {@link randomChoice}, as data. */
export const RANDOM_CHOICE_OPTIONS = {
  /** How likely each change is beside the others, one number of at least 0 each. Default all alike. */
  weights: { type: 'any', expected: 'a list of numbers of at least 0, one a change' } as AnyRow<
    readonly number[]
  >,
} as const satisfies OptionTable;

/** Options of {@link randomChoice}. */
export interface RandomChoiceOptions extends OptionsOf<typeof RANDOM_CHOICE_OPTIONS> {}

/**
 * Applies one of some changes: torchvision's RandomChoice.
 *
 * @example
 * const change = randomChoice([randomGaussianBlur({ probability: 1 }), jpegNoise({ probability: 1 })], { weights: [1, 3] });
 */
export function randomChoice(
  changes: readonly Augmentation[],
  options: RandomChoiceOptions = {},
): Augmentation {
  const { weights = changes.map(() => 1) } = readOptions(RANDOM_CHOICE_OPTIONS, options);
  expectSome(changes);
  const total = expectWeights(weights, changes.length);
  return {
    name: 'randomChoice',
    settings: { weights, changes: described(changes) },
    apply: (image, random, target) => {
      let left = random.uniform() * total;
      let place = weights.findIndex((weight) => (left -= weight) < 0);
      // Rounding may step past the last weight.
      if (place === -1) place = weights.reduce((last, weight, index) => (weight > 0 ? index : last), 0);
      const change = changes[place]!;
      return change.apply(image, random.fork(change.name, place), target);
    },
  };
}

const described = (changes: readonly Augmentation[]): JsonValue => [...describeAugmentations(changes)];

function expectSome(changes: readonly Augmentation[]): void {
  expectAugmentations('changes', changes);
  if (changes.length === 0) throw new ArgumentError('changes', 'at least one augmentation', changes);
}

function expectWeights(weights: unknown, count: number): number {
  const isList = Array.isArray(weights) && weights.length === count;
  const values = isList ? (weights as unknown[]) : [];
  const total = values.reduce<number>((sum, weight) => sum + (weight as number), 0);
  if (isList && values.every((weight) => Number.isFinite(weight) && (weight as number) >= 0) && total > 0)
    return total;
  throw new ArgumentError('options.weights', `${count} numbers of at least 0, and one above it,`, weights);
}
