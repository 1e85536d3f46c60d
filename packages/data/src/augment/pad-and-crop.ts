import { expectInteger } from '@zoo/core';

import { rgbImage, type DecodedImage, type RgbColor } from '../image/decoded-image';
import { expectColor } from '../image/image-size';

import type { Augmentation } from './augmentation';

/** Options of {@link padAndCrop}. */
export interface PadAndCropOptions {
  /** Pixels added on each side before a part of the old size is cut out. Default 4. */
  padding?: number;
  /** The border's colour. Default black. */
  color?: RgbColor;
}

/**
 * Shifts the picture by up to `padding` pixels each way: a border added, a part of the old size cut out.
 *
 * The CIFAR augmentation of He et al. 2015, section 4.2.
 */
export function padAndCrop({ padding = 4, color = [0, 0, 0] }: PadAndCropOptions = {}): Augmentation {
  expectInteger('options.padding', padding, { minimum: 0 });
  expectColor('options.color', color);
  return {
    name: 'padAndCrop',
    settings: { padding, color },
    apply: (image, random) =>
      shiftImage(image, random.integer(-padding, padding), random.integer(-padding, padding), color),
  };
}

/** `image` moved `down` and `right` (negative: up and left); what is uncovered has `color`. */
export function shiftImage(image: DecodedImage, down: number, right: number, color: RgbColor): DecodedImage {
  const { height, width, pixels } = image;
  const out = rgbImage(height, width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const target = (y * width + x) * 3;
      const sourceY = y - down;
      const sourceX = x - right;
      const inside = sourceY >= 0 && sourceY < height && sourceX >= 0 && sourceX < width;
      const source = (sourceY * width + sourceX) * 3;
      for (let channel = 0; channel < 3; channel++) {
        out.pixels[target + channel] = inside ? pixels[source + channel]! : color[channel]!;
      }
    }
  }
  return out;
}
