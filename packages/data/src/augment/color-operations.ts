import type { DecodedImage } from '../image/decoded-image';

/**
 * Changes of colour, in place, as torchvision's tensor functions make them: results are cut off, not rounded, to bytes.
 *
 * Grey is 0.2989 red + 0.587 green + 0.114 blue (ITU-R BT.601).
 */

const RED = 0.2989;
const GREEN = 0.587;
const BLUE = 0.114;

/** Multiplies every value by `factor`: 0 is black, 1 changes nothing. */
export function adjustBrightness(image: DecodedImage, factor: number): DecodedImage {
  const table = Uint8Array.from({ length: 256 }, (_, value) => clampToByte(value * factor));
  return lookUp(image, table);
}

/** Moves every value away from the picture's mean grey: 0 is grey, 1 changes nothing. */
export function adjustContrast(image: DecodedImage, factor: number): DecodedImage {
  const mean = meanGrey(image) * (1 - factor);
  const table = Uint8Array.from({ length: 256 }, (_, value) => clampToByte(value * factor + mean));
  return lookUp(image, table);
}

/** Moves every pixel away from its own grey: 0 is grey, 1 changes nothing. */
export function adjustSaturation(image: DecodedImage, factor: number): DecodedImage {
  const { pixels } = image;
  const rest = 1 - factor;
  for (let i = 0; i < pixels.length; i += 3) {
    const red = pixels[i]!;
    const green = pixels[i + 1]!;
    const blue = pixels[i + 2]!;
    const grey = greyOf(red, green, blue) * rest;
    pixels[i] = clampToByte(red * factor + grey);
    pixels[i + 1] = clampToByte(green * factor + grey);
    pixels[i + 2] = clampToByte(blue * factor + grey);
  }
  return image;
}

/** Turns the hue by `turns` of the colour circle, from -0.5 to 0.5. */
export function adjustHue(image: DecodedImage, turns: number): DecodedImage {
  const { pixels } = image;
  const shift = turns * 6 + 6;
  for (let i = 0; i < pixels.length; i += 3) {
    const red = pixels[i]!;
    const green = pixels[i + 1]!;
    const blue = pixels[i + 2]!;
    const maximum = red > green ? (red > blue ? red : blue) : green > blue ? green : blue;
    const minimum = red < green ? (red < blue ? red : blue) : green < blue ? green : blue;
    const range = maximum - minimum;
    // Grey has no hue.
    if (range === 0) continue;
    let hue: number;
    if (maximum === red) hue = (green - blue) / range;
    else if (maximum === green) hue = 2 + (blue - red) / range;
    else hue = 4 + (red - green) / range;
    hue += shift;
    while (hue >= 6) hue -= 6;
    const sector = hue | 0;
    const fraction = hue - sector;
    // The channel on the slope falls in odd sectors and rises in even ones.
    const slope = sector & 1 ? maximum - range * fraction : maximum - range * (1 - fraction);
    const middle = (slope * FLOAT_TO_BYTE) | 0;
    pixels[i] = sector === 0 || sector === 5 ? maximum : sector === 2 || sector === 3 ? minimum : middle;
    pixels[i + 1] = sector === 1 || sector === 2 ? maximum : sector >= 4 ? minimum : middle;
    pixels[i + 2] = sector === 3 || sector === 4 ? maximum : sector <= 1 ? minimum : middle;
  }
  return image;
}

/** torchvision turns a float from 0 to 1 into a byte by the floor of 255.999 times it. */
const FLOAT_TO_BYTE = 255.999 / 255;

/** Replaces each pixel by its grey. */
export function toGrey(image: DecodedImage): DecodedImage {
  const { pixels } = image;
  for (let i = 0; i < pixels.length; i += 3) {
    const grey = RED * pixels[i]! + GREEN * pixels[i + 1]! + BLUE * pixels[i + 2]!;
    pixels[i] = grey;
    pixels[i + 1] = grey;
    pixels[i + 2] = grey;
  }
  return image;
}

/** A pixel's grey, cut off to a whole number: in ten thousandths, so that a grey that is whole stays so. */
function greyOf(red: number, green: number, blue: number): number {
  return ((2989 * red + 5870 * green + 1140 * blue) / 10_000) | 0;
}

/** The mean of the picture's greys, each cut off to a whole number. */
export function meanGrey({ pixels }: DecodedImage): number {
  let sum = 0;
  for (let i = 0; i < pixels.length; i += 3) {
    sum += greyOf(pixels[i]!, pixels[i + 1]!, pixels[i + 2]!);
  }
  return sum / (pixels.length / 3);
}

/** Replaces each value by what `table` holds for it. [256] */
export function lookUp(image: DecodedImage, table: Uint8Array): DecodedImage {
  const { pixels } = image;
  for (let i = 0; i < pixels.length; i++) pixels[i] = table[pixels[i]!]!;
  return image;
}

/** `value` cut off to a whole number from 0 to 255. */
export function clampToByte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : value | 0;
}
