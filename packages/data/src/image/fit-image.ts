import { expectOneOf } from '@zoo/core';

import { rgbImage, type DecodedImage, type RgbColor } from './decoded-image';
import { resizeImage, resizeRegion, type ResizeMethod } from './resize-image';

/**
 * What becomes of a picture whose sides are not in the proportion asked for.
 *
 * - `stretch` (default): it is distorted.
 * - `crop`: the largest part in the middle that has the proportion is kept.
 * - `pad`: it is kept whole, in the middle, with a border of one colour.
 */
export type AspectMode = 'stretch' | 'crop' | 'pad';

/** The names in {@link AspectMode}. */
export const ASPECT_MODES = ['stretch', 'crop', 'pad'] as const satisfies AspectMode[];

/** Options of {@link fitImage}. */
export interface FitImageOptions {
  /** Default `antialias`. */
  resize?: ResizeMethod;
  /** Default `stretch`. */
  aspect?: AspectMode;
  /** The border's colour for `pad`. Default black, as Keras pads. */
  padColor?: RgbColor;
}

/** `image` in the size `height` x `width`, by stretching, cropping or padding. */
export function fitImage(
  image: DecodedImage,
  height: number,
  width: number,
  { resize = 'antialias', aspect = 'stretch', padColor = [0, 0, 0] }: FitImageOptions = {},
): DecodedImage {
  expectOneOf('options.aspect', aspect, ASPECT_MODES);
  if (aspect === 'stretch') return resizeImage(image, [height, width], resize);
  if (aspect === 'crop') return cropToAspect(image, height, width, resize);
  return padToAspect(image, height, width, resize, padColor);
}

/** Sizes and offsets as Keras' smart_resize takes them: truncated, then halved downwards. */
function cropToAspect(
  image: DecodedImage,
  height: number,
  width: number,
  method: ResizeMethod,
): DecodedImage {
  const cropHeight = Math.max(1, Math.min(image.height, Math.trunc((image.width * height) / width)));
  const cropWidth = Math.max(1, Math.min(image.width, Math.trunc((image.height * width) / height)));
  const region = {
    top: Math.trunc((image.height - cropHeight) / 2),
    left: Math.trunc((image.width - cropWidth) / 2),
    height: cropHeight,
    width: cropWidth,
  };
  return resizeRegion(image, region, height, width, method);
}

function padToAspect(
  image: DecodedImage,
  height: number,
  width: number,
  method: ResizeMethod,
  color: RgbColor,
): DecodedImage {
  const factor = Math.min(height / image.height, width / image.width);
  const innerHeight = Math.min(height, Math.max(1, Math.round(image.height * factor)));
  const innerWidth = Math.min(width, Math.max(1, Math.round(image.width * factor)));
  const inner = resizeImage(image, [innerHeight, innerWidth], method);
  const out = filledImage(height, width, color);
  pasteImage(inner, out, (height - innerHeight) >> 1, (width - innerWidth) >> 1);
  return out;
}

/** A picture of one colour. */
export function filledImage(height: number, width: number, [red, green, blue]: RgbColor): DecodedImage {
  const out = rgbImage(height, width);
  for (let i = 0; i < out.pixels.length; i += 3) {
    out.pixels[i] = red;
    out.pixels[i + 1] = green;
    out.pixels[i + 2] = blue;
  }
  return out;
}

/** Copies all of `image` into `target`, its first pixel at `top` and `left`; it must fit. */
export function pasteImage(image: DecodedImage, target: DecodedImage, top: number, left: number): void {
  const rowBytes = image.width * 3;
  for (let y = 0; y < image.height; y++) {
    const row = image.pixels.subarray(y * rowBytes, (y + 1) * rowBytes);
    target.pixels.set(row, ((top + y) * target.width + left) * 3);
  }
}
