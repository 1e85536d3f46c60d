import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { DecodedImage } from '../image/decoded-image';
import { PROBABILITY } from '../option-rows';

import type { Augmentation } from './augmentation';

/** Options of {@link randomHorizontalFlip} and {@link randomVerticalFlip}, as data. */
export const RANDOM_FLIP_OPTIONS = {
  /** How often it happens, from 0 to 1. Default 0.5. */
  probability: { ...PROBABILITY, default: 0.5 },
} as const satisfies OptionTable;

/** Options of an augmentation that either happens or does not. */
export interface ProbabilityOptions extends OptionsOf<typeof RANDOM_FLIP_OPTIONS> {}

/** Mirrors left and right. */
export function randomHorizontalFlip(options: ProbabilityOptions = {}): Augmentation {
  return sometimes('randomHorizontalFlip', readOptions(RANDOM_FLIP_OPTIONS, options), flipHorizontally);
}

/** Mirrors top and bottom. */
export function randomVerticalFlip(options: ProbabilityOptions = {}): Augmentation {
  return sometimes('randomVerticalFlip', readOptions(RANDOM_FLIP_OPTIONS, options), flipVertically);
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

/** Mirrors `image` left and right, in place. */
export function flipHorizontally(image: DecodedImage): DecodedImage {
  const { pixels, height, width } = image;
  for (let y = 0; y < height; y++) {
    let left = y * width * 3;
    let right = left + (width - 1) * 3;
    for (; left < right; left += 3, right -= 3) {
      const red = pixels[left]!;
      const green = pixels[left + 1]!;
      const blue = pixels[left + 2]!;
      pixels[left] = pixels[right]!;
      pixels[left + 1] = pixels[right + 1]!;
      pixels[left + 2] = pixels[right + 2]!;
      pixels[right] = red;
      pixels[right + 1] = green;
      pixels[right + 2] = blue;
    }
  }
  return image;
}

/** Mirrors `image` top and bottom, in place. */
export function flipVertically(image: DecodedImage): DecodedImage {
  const { pixels, height, width } = image;
  const rowBytes = width * 3;
  for (let top = 0, bottom = height - 1; top < bottom; top++, bottom--) {
    const row = pixels.slice(top * rowBytes, (top + 1) * rowBytes);
    pixels.copyWithin(top * rowBytes, bottom * rowBytes, (bottom + 1) * rowBytes);
    pixels.set(row, bottom * rowBytes);
  }
  return image;
}
