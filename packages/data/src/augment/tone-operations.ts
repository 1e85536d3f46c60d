import { rgbImage, type DecodedImage } from '../image/decoded-image';

import { clampToByte, lookUp } from './color-operations';

/** Changes of tone, as torchvision's tensor functions make them; in place except for sharpness. */

/** Keeps the highest `bits` of each value. */
export function posterize(image: DecodedImage, bits: number): DecodedImage {
  const mask = 256 - 2 ** (8 - bits);
  return lookUp(
    image,
    Uint8Array.from({ length: 256 }, (_, value) => value & mask),
  );
}

/** Inverts the values from `threshold` up. */
export function solarize(image: DecodedImage, threshold: number): DecodedImage {
  return lookUp(
    image,
    Uint8Array.from({ length: 256 }, (_, value) => (value >= threshold ? 255 - value : value)),
  );
}

/** Stretches each channel so that its smallest value is 0 and its largest 255. */
export function autoContrast(image: DecodedImage): DecodedImage {
  return lookUpChannels(image, (histogram) => {
    const minimum = histogram.findIndex((count) => count > 0);
    const maximum = histogram.reduce((last, count, value) => (count > 0 ? value : last), 0);
    if (minimum === maximum) return undefined;
    const factor = Math.fround(255 / (maximum - minimum));
    return Uint8Array.from({ length: 256 }, (_, value) =>
      clampToByte(Math.fround((value - minimum) * factor)),
    );
  });
}

/** Flattens the histogram of each channel, in whole numbers as Pillow does. */
export function equalize(image: DecodedImage): DecodedImage {
  return lookUpChannels(image, (histogram) => {
    const last = histogram.reduce((last, count, value) => (count > 0 ? value : last), 0);
    const total = histogram.reduce((sum, count) => sum + count, 0);
    const step = Math.floor((total - histogram[last]!) / 255);
    if (step === 0) return undefined;
    let below = 0;
    return Uint8Array.from(histogram, (count) => {
      const value = Math.min(255, Math.floor((below + Math.floor(step / 2)) / step));
      below += count;
      return value;
    });
  });
}

/** Moves every pixel away from a blurred copy: 0 is blurred, 1 changes nothing; the border stays. */
export function adjustSharpness(image: DecodedImage, factor: number): DecodedImage {
  const { height, width, pixels } = image;
  const out = rgbImage(height, width, pixels.slice());
  const row = width * 3;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + 3; i < (y + 1) * row - 3; i++) {
      const neighbours =
        pixels[i - row - 3]! +
        pixels[i - row]! +
        pixels[i - row + 3]! +
        pixels[i - 3]! +
        pixels[i + 3]! +
        pixels[i + row - 3]! +
        pixels[i + row]! +
        pixels[i + row + 3]!;
      const blurred = Math.round((neighbours + 5 * pixels[i]!) / 13);
      out.pixels[i] = clampToByte(pixels[i]! * factor + blurred * (1 - factor));
    }
  }
  return out;
}

/** Looks each channel up in a table made of its histogram; a channel without a table stays. */
function lookUpChannels(
  image: DecodedImage,
  makeTable: (histogram: Uint32Array) => Uint8Array | undefined,
): DecodedImage {
  const { pixels } = image;
  for (let channel = 0; channel < 3; channel++) {
    const histogram = new Uint32Array(256);
    for (let i = channel; i < pixels.length; i += 3) histogram[pixels[i]!]!++;
    const table = makeTable(histogram);
    if (table === undefined) continue;
    for (let i = channel; i < pixels.length; i += 3) pixels[i] = table[pixels[i]!]!;
  }
  return image;
}
