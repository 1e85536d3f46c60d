import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { DecodedImage } from '../image/decoded-image';
import { PROBABILITY } from '../option-rows';

import type { Augmentation } from './augmentation';
import { planned } from './planned';

/** Options of {@link randomHorizontalFlip} and {@link randomVerticalFlip}, as data. */
export const RANDOM_FLIP_OPTIONS = {
  /** How often it happens, from 0 to 1. Default 0.5. */
  probability: { ...PROBABILITY, default: 0.5 },
} as const satisfies OptionTable;

/** Options of an augmentation that either happens or does not. */
export interface ProbabilityOptions extends OptionsOf<typeof RANDOM_FLIP_OPTIONS> {}

/** Mirrors left and right. */
export function randomHorizontalFlip(options: ProbabilityOptions = {}): Augmentation {
  return randomFlip('randomHorizontalFlip', 'horizontal', options);
}

/** Mirrors top and bottom. */
export function randomVerticalFlip(options: ProbabilityOptions = {}): Augmentation {
  return randomFlip('randomVerticalFlip', 'vertical', options);
}

function randomFlip(
  name: string,
  axis: 'horizontal' | 'vertical',
  options: ProbabilityOptions,
): Augmentation {
  const { probability } = readOptions(RANDOM_FLIP_OPTIONS, options);
  return planned(name, { probability }, (_, random) =>
    random.uniform() < probability ? [{ kind: 'flip', axis }] : [],
  );
}

/** An augmentation that applies `change` with a probability. */
export function sometimes(
  name: string,
  { probability }: { readonly probability: number },
  change: (image: DecodedImage) => DecodedImage,
): Augmentation {
  return {
    name,
    settings: { probability },
    apply: (image, random) => (random.uniform() < probability ? change(image) : image),
  };
}
