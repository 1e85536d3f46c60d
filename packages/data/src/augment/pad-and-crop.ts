import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { rgbImage, type DecodedImage, type RgbColor } from '../image/decoded-image';
import { COLOR } from '../option-rows';

import type { Augmentation } from './augmentation';

/** Options of {@link padAndCrop}, as data. */
export const PAD_AND_CROP_OPTIONS = {
  /** Pixels added on each side before a part of the old size is cut out. Default 4. */
  padding: { type: 'integer', minimum: 0, default: 4 },
  /** The border's colour. Default black. */
  color: { ...COLOR, default: [0, 0, 0] },
} as const satisfies OptionTable;

/** Options of {@link padAndCrop}. */
export interface PadAndCropOptions extends OptionsOf<typeof PAD_AND_CROP_OPTIONS> {}

/**
 * Shifts the picture by up to `padding` pixels in each direction: adds a border and cuts out a part of the old size.
 *
 * The CIFAR augmentation of He et al. 2015, section 4.2.
 */
export function padAndCrop(options: PadAndCropOptions = {}): Augmentation {
  const { padding, color } = readOptions(PAD_AND_CROP_OPTIONS, options);
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
