/**
 * A picture as bytes: what decoders give, augmentations change and batches are made of.
 *
 * `pixels` holds red, green and blue of each pixel, row by row: the value of channel c at row y and column x stands at
 * `(y * width + x) * 3 + c`.
 */
export interface DecodedImage {
  /** Values from 0 to 255. [height, width, 3] */
  readonly pixels: Uint8Array;
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
  /** Always 3: red, green, blue. */
  readonly channels: 3;
}

/** A colour as red, green and blue from 0 to 255. */
export type RgbColor = readonly [red: number, green: number, blue: number];

/** A size in pixels: one number for a square, or height and width. */
export type ImageSize = number | readonly [height: number, width: number];

/** A {@link DecodedImage} around `pixels`, or around zeros if none are given. */
export function rgbImage(
  height: number,
  width: number,
  pixels: Uint8Array = new Uint8Array(height * width * 3),
): DecodedImage {
  return { pixels, height, width, channels: 3 };
}

/** A copy that shares nothing with `image`. */
export function copyImage(image: DecodedImage): DecodedImage {
  return rgbImage(image.height, image.width, image.pixels.slice());
}
