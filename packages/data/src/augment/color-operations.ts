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
    const grey = ((RED * red + GREEN * green + BLUE * blue) | 0) * rest;
    pixels[i] = clampToByte(red * factor + grey);
    pixels[i + 1] = clampToByte(green * factor + grey);
    pixels[i + 2] = clampToByte(blue * factor + grey);
  }
  return image;
}

/** Turns the hue by `turns` of the colour circle, from -0.5 to 0.5. */
export function adjustHue(image: DecodedImage, turns: number): DecodedImage {
  const { pixels } = image;
  for (let i = 0; i < pixels.length; i += 3) {
    const red = pixels[i]!;
    const green = pixels[i + 1]!;
    const blue = pixels[i + 2]!;
    const maximum = Math.max(red, green, blue);
    const range = maximum - Math.min(red, green, blue);
    // Grey has no hue.
    if (range === 0) continue;
    const sixth =
      maximum === red
        ? (green - blue) / range
        : maximum === green
          ? 2 + (blue - red) / range
          : 4 + (red - green) / range;
    const hue = (sixth / 6 + turns + 2) % 1;
    pixels[i] = hueChannel(hue, 0, maximum, range);
    pixels[i + 1] = hueChannel(hue, 4 / 6, maximum, range);
    pixels[i + 2] = hueChannel(hue, 2 / 6, maximum, range);
  }
  return image;
}

/** One channel of a colour of this hue: the maximum, the minimum, or on the slope between. */
function hueChannel(hue: number, offset: number, maximum: number, range: number): number {
  const position = ((hue + offset) % 1) * 6;
  const distance = position < 3 ? position - 1 : 5 - position;
  const below = distance <= 0 ? 0 : distance >= 1 ? range : distance * range;
  return Math.round(maximum - below);
}

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

/** The mean of the picture's greys, each cut off to a whole number. */
export function meanGrey({ pixels }: DecodedImage): number {
  let sum = 0;
  for (let i = 0; i < pixels.length; i += 3) {
    sum += (RED * pixels[i]! + GREEN * pixels[i + 1]! + BLUE * pixels[i + 2]!) | 0;
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
