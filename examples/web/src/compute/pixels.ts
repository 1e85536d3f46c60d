import { resizeImage, type DecodedImage } from '@zoo/data';

import type { Rgba } from './compute-types';

/** Pixels that a picture may have: what a phone's best camera gives, and no more than a page's memory holds several times. */
export const PIXEL_LIMIT = 64_000_000;

/** A picture as a canvas takes it, with a longer side of at most `longestSide` pixels. */
export function shownPicture(image: DecodedImage, longestSide: number): Rgba {
  const factor = Math.min(1, longestSide / Math.max(image.height, image.width));
  const side = (length: number): number => Math.max(1, Math.round(length * factor));
  return rgbaOf(factor === 1 ? image : resizeImage(image, [side(image.height), side(image.width)]));
}

/** Red, green and blue with full opacity. */
export function rgbaOf({ pixels, height, width }: DecodedImage): Rgba {
  const rgba = new Uint8ClampedArray(height * width * 4);
  for (let from = 0, to = 0; to < rgba.length; from += 3, to += 4) {
    rgba[to] = pixels[from]!;
    rgba[to + 1] = pixels[from + 1]!;
    rgba[to + 2] = pixels[from + 2]!;
    rgba[to + 3] = 255;
  }
  return { pixels: rgba, height, width };
}
