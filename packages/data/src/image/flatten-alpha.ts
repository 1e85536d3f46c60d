import { rgbImage, type DecodedImage, type RgbColor } from './decoded-image';

/**
 * Pixels with opacity laid over a colour: `round((alpha * value + (255 - alpha) * background) / 255)`.
 *
 * @param rgba Red, green, blue and opacity of each pixel, not premultiplied. [height, width, 4]
 */
export function flattenAlpha(
  rgba: Uint8Array | Uint8ClampedArray,
  height: number,
  width: number,
  background: RgbColor,
): DecodedImage {
  const out = rgbImage(height, width);
  const { pixels } = out;
  for (let source = 0, target = 0; target < pixels.length; source += 4, target += 3) {
    const alpha = rgba[source + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const value = rgba[source + channel]!;
      pixels[target + channel] =
        alpha === 255 ? value : ((alpha * value + (255 - alpha) * background[channel]!) / 255 + 0.5) | 0;
    }
  }
  return out;
}
