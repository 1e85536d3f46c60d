import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { PROBABILITY } from '../option-rows';

import type { Augmentation } from './augmentation';
import { sometimes } from './random-flip';
import { adjustSharpness, autoContrast, equalize, posterize, solarize } from './tone-operations';

/** Options of an augmentation of tone that either happens or does not, as data. */
const HALF = {
  /** How often it happens, from 0 to 1. Default 0.5. */
  probability: { ...PROBABILITY, default: 0.5 },
} as const satisfies OptionTable;

/** Options of {@link randomPosterize}, as data. */
export const RANDOM_POSTERIZE_OPTIONS = {
  /** Bits of each value that are kept. Default 4. */
  bits: { type: 'integer', minimum: 1, maximum: 8, default: 4 },
  ...HALF,
} as const satisfies OptionTable;

/** Options of {@link randomPosterize}. */
export interface RandomPosterizeOptions extends OptionsOf<typeof RANDOM_POSTERIZE_OPTIONS> {}

/** Leaves fewer levels of each colour: torchvision's RandomPosterize. */
export function randomPosterize(options: RandomPosterizeOptions = {}): Augmentation {
  const { bits, probability } = readOptions(RANDOM_POSTERIZE_OPTIONS, options);
  const change = sometimes('randomPosterize', { probability }, (image) => posterize(image, bits));
  return { ...change, settings: { bits, probability } };
}

/** Options of {@link randomSolarize}, as data. */
export const RANDOM_SOLARIZE_OPTIONS = {
  /** Values from here up are inverted. Default 128. */
  threshold: { type: 'number', minimum: 0, maximum: 256, default: 128 },
  ...HALF,
} as const satisfies OptionTable;

/** Options of {@link randomSolarize}. */
export interface RandomSolarizeOptions extends OptionsOf<typeof RANDOM_SOLARIZE_OPTIONS> {}

/** Inverts bright values: torchvision's RandomSolarize. */
export function randomSolarize(options: RandomSolarizeOptions = {}): Augmentation {
  const { threshold, probability } = readOptions(RANDOM_SOLARIZE_OPTIONS, options);
  const change = sometimes('randomSolarize', { probability }, (image) => solarize(image, threshold));
  return { ...change, settings: { threshold, probability } };
}

/** Options of {@link randomSharpness}, as data. */
export const RANDOM_SHARPNESS_OPTIONS = {
  /** 0 is blurred, 1 changes nothing, 2 is sharper. Default 2. */
  factor: { type: 'number', minimum: 0, default: 2 },
  ...HALF,
} as const satisfies OptionTable;

/** Options of {@link randomSharpness}. */
export interface RandomSharpnessOptions extends OptionsOf<typeof RANDOM_SHARPNESS_OPTIONS> {}

/** Sharpens or blurs a little: torchvision's RandomAdjustSharpness. */
export function randomSharpness(options: RandomSharpnessOptions = {}): Augmentation {
  const { factor, probability } = readOptions(RANDOM_SHARPNESS_OPTIONS, options);
  const change = sometimes('randomSharpness', { probability }, (image) => adjustSharpness(image, factor));
  return { ...change, settings: { factor, probability } };
}

/** Options of {@link randomAutoContrast} and {@link randomEqualize}, as data. */
export const RANDOM_TONE_OPTIONS = HALF;

/** Options of {@link randomAutoContrast} and {@link randomEqualize}. */
export interface RandomToneOptions extends OptionsOf<typeof RANDOM_TONE_OPTIONS> {}

/** Stretches each channel to the whole range: torchvision's RandomAutocontrast. */
export function randomAutoContrast(options: RandomToneOptions = {}): Augmentation {
  return sometimes('randomAutoContrast', readOptions(RANDOM_TONE_OPTIONS, options), autoContrast);
}

/** Flattens the histogram of each channel: torchvision's RandomEqualize. */
export function randomEqualize(options: RandomToneOptions = {}): Augmentation {
  return sometimes('randomEqualize', readOptions(RANDOM_TONE_OPTIONS, options), equalize);
}
