import type { PixelNormalization } from '@zoo/core';

import type { DecodedImage } from '../image/decoded-image';

/** Writes the values of a picture, normalised, at `offset` of `target`. */
export type PixelWriter = (image: DecodedImage, target: Float32Array, offset: number) => void;

/**
 * A writer for `normalization`.
 *
 * A byte has 256 values, so each channel is looked up in a table that was computed in double precision.
 */
export function pixelWriter({
  channelOrder,
  divisor,
  mean,
  standardDeviation,
}: PixelNormalization): PixelWriter {
  const [first, second, third] = [0, 1, 2].map((channel) =>
    Float32Array.from(
      { length: 256 },
      (_, byte) => (byte / divisor - mean[channel]!) / standardDeviation[channel]!,
    ),
  ) as [Float32Array, Float32Array, Float32Array];
  // In BGR the first value written is the third that the picture holds.
  const [red, blue] = channelOrder === 'rgb' ? [0, 2] : [2, 0];
  return ({ pixels }, target, offset) => {
    for (let i = 0; i < pixels.length; i += 3) {
      target[offset + i] = first[pixels[i + red]!]!;
      target[offset + i + 1] = second[pixels[i + 1]!]!;
      target[offset + i + 2] = third[pixels[i + blue]!]!;
    }
  };
}
