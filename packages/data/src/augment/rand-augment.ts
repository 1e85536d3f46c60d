import type { Random } from '@zoo/core';
import {
  expectInteger,
  readOptions,
  type OptionsOf,
  type OptionTable,
  type ReadOptions,
} from '@zoo/core/options';

import { INTERPOLATIONS, type TransformImageOptions } from '../image/transform-image';
import { COLOR } from '../option-rows';

import type { Augmentation } from './augmentation';
import { applyAutoOperation, AUTO_OPERATIONS, isSigned, type AutoStrengths } from './auto-operations';

/** Options of {@link trivialAugmentWide}, as data. */
export const TRIVIAL_AUGMENT_OPTIONS = {
  /** Steps that strength is divided into. Default 31. */
  bins: { type: 'integer', minimum: 2, default: 31 },
  /** What stands beyond the border. Default black. */
  color: { ...COLOR, default: [0, 0, 0] },
  /** Default `nearest`. */
  interpolation: { type: 'choice', choices: INTERPOLATIONS, default: 'nearest' },
} as const satisfies OptionTable;

/** Options of {@link randAugment}, as data. */
export const RAND_AUGMENT_OPTIONS = {
  ...TRIVIAL_AUGMENT_OPTIONS,
  /** Changes made one after the other. Default 2. */
  operations: { type: 'integer', minimum: 0, default: 2 },
  /** Strength, from 0 to `bins` - 1. Default 9. */
  magnitude: { type: 'integer', minimum: 0, default: 9 },
} as const satisfies OptionTable;

/** Options of {@link trivialAugmentWide}. */
export interface TrivialAugmentOptions extends OptionsOf<typeof TRIVIAL_AUGMENT_OPTIONS> {}

/** Options of {@link randAugment}. */
export interface RandAugmentOptions extends OptionsOf<typeof RAND_AUGMENT_OPTIONS> {}

/** torchvision/transforms/autoaugment.py, RandAugment._augmentation_space. */
const RAND_STRENGTHS: AutoStrengths = {
  shear: 0.3,
  translate: (length) => (150 / 331) * length,
  rotate: 30,
  enhance: 0.9,
  posterize: (level) => 8 - Math.round(level * 4),
};

/** torchvision/transforms/autoaugment.py, TrivialAugmentWide._augmentation_space. */
const TRIVIAL_STRENGTHS: AutoStrengths = {
  shear: 0.99,
  translate: () => 32,
  rotate: 135,
  enhance: 0.99,
  posterize: (level) => 8 - Math.round(level * 6),
};

/** Applies some of fourteen changes with one strength (Cubuk et al. 2019), with torchvision's list and ranges. */
export function randAugment(options: RandAugmentOptions = {}): Augmentation {
  const settled = readOptions(RAND_AUGMENT_OPTIONS, options);
  const { bins, operations, magnitude } = settled;
  expectInteger('options.magnitude', magnitude, { ...RAND_AUGMENT_OPTIONS.magnitude, maximum: bins - 1 });
  const fill = fillOf(settled);
  return {
    name: 'randAugment',
    settings: { operations, magnitude, bins, ...options },
    apply: (image, random) => {
      let changed = image;
      for (let i = 0; i < operations; i++) {
        changed = applyOne(changed, random, magnitude / (bins - 1), RAND_STRENGTHS, fill);
      }
      return changed;
    },
  };
}

/** Applies one of fourteen changes with random strength (Müller and Hutter 2021), with torchvision's list and ranges. */
export function trivialAugmentWide(options: TrivialAugmentOptions = {}): Augmentation {
  const settled = readOptions(TRIVIAL_AUGMENT_OPTIONS, options);
  const { bins } = settled;
  const fill = fillOf(settled);
  return {
    name: 'trivialAugmentWide',
    settings: { ...options, bins },
    apply: (image, random) =>
      applyOne(image, random, random.integer(0, bins - 1) / (bins - 1), TRIVIAL_STRENGTHS, fill),
  };
}

function fillOf({
  color,
  interpolation,
}: ReadOptions<typeof TRIVIAL_AUGMENT_OPTIONS>): TransformImageOptions {
  return { fill: 'constant', color, interpolation };
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
