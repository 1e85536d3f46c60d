import { rgbImage, type DecodedImage, type RgbColor } from './decoded-image';
import { atOnce, type Slices } from './slices';

/**
 * Pixels with opacity laid over a colour: `round((alpha * value + (255 - alpha) * background) / 255)`.
 *
 * @param rgba Red, green, blue and opacity of each pixel, not premultiplied. [height, width, 4]
 * @param background The colour; undefined drops the opacity and keeps the values as they are.
 */
export function flattenAlpha(
  rgba: Uint8Array | Uint8ClampedArray,
  height: number,
  width: number,
  background: RgbColor | undefined,
): DecodedImage {
  return atOnce(flattenAlphaInSlices(rgba, height, width, background));
}

/** As {@link flattenAlpha}, with a pause after each row. */
export function* flattenAlphaInSlices(
  rgba: Uint8Array | Uint8ClampedArray,
  height: number,
  width: number,
  background: RgbColor | undefined,
): Slices<DecodedImage> {
  const out = rgbImage(height, width);
  const { pixels } = out;
  for (let row = 0, source = 0, target = 0; row < height; row++) {
    for (let x = 0; x < width; x++, source += 4, target += 3) {
      pixels[target] = rgba[source]!;
      pixels[target + 1] = rgba[source + 1]!;
      pixels[target + 2] = rgba[source + 2]!;
      if (background !== undefined) layOver(pixels, target, rgba[source + 3]!, background);
    }
    yield;
  }
  return out;
}

/** Lays the pixel at `offset` of `pixels` over a colour, in place. */
export function layOver(pixels: Uint8Array, offset: number, alpha: number, background: RgbColor): void {
  if (alpha === 255) return;
  for (let channel = 0; channel < 3; channel++) {
    const value = pixels[offset + channel]!;
    pixels[offset + channel] = ((alpha * value + (255 - alpha) * background[channel]!) / 255 + 0.5) | 0;
  }
}
