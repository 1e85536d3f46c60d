import { ArgumentError, type ColorMode, type PixelNormalization } from '@zoo/core';

import type { DecodedImage } from '../image/decoded-image';

/** Writes the values of a picture, normalised, at `offset` of `target`. */
export type PixelWriter = (image: DecodedImage, target: Float32Array, offset: number) => void;

/** How many values a pixel becomes, and what writes them. */
export interface PictureWriter {
  readonly channels: 1 | 3;
  readonly write: PixelWriter;
}

/**
 * A writer for `colorMode` and `normalization`.
 *
 * A byte has 256 values, so each channel is looked up in a table that was computed in double precision.
 *
 * @param argument What the caller calls the normalization, for the error.
 * @throws ArgumentError for `grayscale` with a normalization that differs between the channels.
 */
export function pictureWriter(
  colorMode: ColorMode,
  normalization: PixelNormalization,
  argument: string,
): PictureWriter {
  if (colorMode === 'rgb') return { channels: 3, write: rgbWriter(normalization) };
  expectOneNormalization(normalization, argument);
  return { channels: 1, write: grayscaleWriter(normalization) };
}

function rgbWriter(normalization: PixelNormalization): PixelWriter {
  const [first, second, third] = [0, 1, 2].map((channel) => valueTable(normalization, channel)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  // In BGR order the first value written is the picture's third.
  const [red, blue] = normalization.channelOrder === 'rgb' ? [0, 2] : [2, 0];
  return ({ pixels }, target, offset) => {
    for (let i = 0; i < pixels.length; i += 3) {
      target[offset + i] = first[pixels[i + red]!]!;
      target[offset + i + 1] = second[pixels[i + 1]!]!;
      target[offset + i + 2] = third[pixels[i + blue]!]!;
    }
  };
}

/** Writes each pixel's brightness: ITU-R 601-2 in whole numbers, as Pillow's `convert('L')`. */
function grayscaleWriter(normalization: PixelNormalization): PixelWriter {
  const values = valueTable(normalization, 0);
  return ({ pixels }, target, offset) => {
    for (let i = 0, pixel = offset; i < pixels.length; i += 3, pixel++) {
      const brightness = pixels[i]! * 19595 + pixels[i + 1]! * 38470 + pixels[i + 2]! * 7471 + 0x8000;
      target[pixel] = values[brightness >> 16]!;
    }
  };
}

/** The value of each byte of a channel. [256] */
export function valueTable(
  { divisor, mean, standardDeviation }: PixelNormalization,
  channel: number,
): Float32Array {
  return Float32Array.from(
    { length: 256 },
    (_, byte) => (byte / divisor - mean[channel]!) / standardDeviation[channel]!,
  );
}

function expectOneNormalization({ mean, standardDeviation }: PixelNormalization, argument: string): void {
  const isOne = ([first, second, third]: readonly [number, number, number]): boolean =>
    first === second && second === third;
  if (isOne(mean) && isOne(standardDeviation)) return;
  throw new ArgumentError(
    argument,
    'one mean and one standard deviation for all channels of a grayscale input',
    mean,
    'Give the ones that the model was trained with, three times the same number each.',
  );
}
