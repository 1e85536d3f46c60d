import { expectNumber } from '@zoo/core';

import type { DecodedImage } from '../image/decoded-image';

import type { Augmentation } from './augmentation';

/** Options of an augmentation that either happens or does not. */
export interface ProbabilityOptions {
  /** How often it happens, from 0 to 1. Default 0.5. */
  probability?: number;
}

/** Mirrors left and right. */
export function randomHorizontalFlip(options: ProbabilityOptions = {}): Augmentation {
  return sometimes('randomHorizontalFlip', options, flipHorizontally);
}

/** Mirrors top and bottom. */
export function randomVerticalFlip(options: ProbabilityOptions = {}): Augmentation {
  return sometimes('randomVerticalFlip', options, flipVertically);
}

/** An augmentation that applies `change` with the probability in `options`. */
export function sometimes(
  name: string,
  { probability = 0.5 }: ProbabilityOptions,
  change: (image: DecodedImage) => DecodedImage,
): Augmentation {
  expectNumber('options.probability', probability, { minimum: 0, maximum: 1 });
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
