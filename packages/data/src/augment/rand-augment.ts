import { expectInteger, expectOneOf, type Random } from '@zoo/core';

import type { RgbColor } from '../image/decoded-image';
import { expectColor } from '../image/image-size';
import type { TransformImageOptions } from '../image/transform-image';

import type { Augmentation } from './augmentation';
import { applyAutoOperation, AUTO_OPERATIONS, isSigned, type AutoStrengths } from './auto-operations';

/** Options of {@link trivialAugmentWide}. */
export interface TrivialAugmentOptions {
  /** Steps that strength is divided into. Default 31. */
  bins?: number;
  /** What stands beyond the border. Default black. */
  color?: RgbColor;
  /** Default `nearest`. */
  interpolation?: 'bilinear' | 'nearest';
}

/** Options of {@link randAugment}. */
export interface RandAugmentOptions extends TrivialAugmentOptions {
  /** Changes made one after the other. Default 2. */
  operations?: number;
  /** Strength, from 0 to `bins` - 1. Default 9. */
  magnitude?: number;
}

/** torchvision/transforms/autoaugment.py, RandAugment._augmentation_space. */
const RAND_STRENGTHS: AutoStrengths = {
  shear: 0.3,
  translate: (length) => (150 / 331) * length,
  rotate: 30,
  enhance: 0.9,
  posterize: 4,
};

/** torchvision/transforms/autoaugment.py, TrivialAugmentWide._augmentation_space. */
const TRIVIAL_STRENGTHS: AutoStrengths = {
  shear: 0.99,
  translate: () => 32,
  rotate: 135,
  enhance: 0.99,
  posterize: 6,
};

/** Some changes of one strength, chosen out of fourteen (Cubuk et al. 2019), with torchvision's list and ranges. */
export function randAugment(options: RandAugmentOptions = {}): Augmentation {
  const { bins, fill } = resolveOptions(options);
  const count = expectInteger('options.operations', options.operations ?? 2, { minimum: 0 });
  const magnitude = expectInteger('options.magnitude', options.magnitude ?? 9, {
    minimum: 0,
    maximum: bins - 1,
  });
  return {
    name: 'randAugment',
    settings: { operations: count, magnitude, bins, ...options },
    apply: (image, random) => {
      let changed = image;
      for (let i = 0; i < count; i++) {
        changed = applyOne(changed, random, magnitude / (bins - 1), RAND_STRENGTHS, fill);
      }
      return changed;
    },
  };
}

/** One change of random strength out of fourteen (Müller and Hutter 2021), with torchvision's list and ranges. */
export function trivialAugmentWide(options: TrivialAugmentOptions = {}): Augmentation {
  const { bins, fill } = resolveOptions(options);
  return {
    name: 'trivialAugmentWide',
    settings: { ...options, bins },
    apply: (image, random) =>
      applyOne(image, random, random.integer(0, bins - 1) / (bins - 1), TRIVIAL_STRENGTHS, fill),
  };
}

function resolveOptions({ bins = 31, color = [0, 0, 0], interpolation = 'nearest' }: TrivialAugmentOptions): {
  bins: number;
  fill: TransformImageOptions;
} {
  expectInteger('options.bins', bins, { minimum: 2 });
  expectColor('options.color', color);
  expectOneOf('options.interpolation', interpolation, ['bilinear', 'nearest']);
  return { bins, fill: { fill: 'constant', color, interpolation } };
}

function applyOne(
  image: Parameters<Augmentation['apply']>[0],
  random: Random,
  level: number,
  strengths: AutoStrengths,
  fill: TransformImageOptions,
): ReturnType<Augmentation['apply']> {
  const operation = AUTO_OPERATIONS[random.integer(0, AUTO_OPERATIONS.length - 1)]!;
  const sign = isSigned(operation) && random.uniform() < 0.5 ? -1 : 1;
  return applyAutoOperation(image, operation, sign * level, strengths, fill);
}
