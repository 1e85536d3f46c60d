import type { DecodedImage } from '../image/decoded-image';
import type { Slices } from '../image/slices';

import { writePerceptualHash } from './perceptual-hash';

/** Bytes of a digest that are kept: two of as many pictures as there are on earth are equal by chance less often than disks err. */
export const DIGEST_BYTES = 16;

/** What is kept of each picture while a set is looked through: 80 bytes, whatever its size. */
export interface PictureRecords {
  /** [pictures, DIGEST_BYTES] */
  readonly digests: Uint8Array;
  /** Two words of 32 bits each. [pictures, 2] */
  readonly hashes: Uint32Array;
  /** Zero where a picture can't be read. [pictures] */
  readonly heights: Uint32Array;
  /** [pictures] */
  readonly widths: Uint32Array;
  /** Means of red, green and blue, and of their squares, values from 0 to 255. [pictures, 6] */
  readonly moments: Float64Array;
}

/** Room for the records of `count` pictures. */
export function pictureRecords(count: number): PictureRecords {
  return {
    digests: new Uint8Array(count * DIGEST_BYTES),
    hashes: new Uint32Array(count * 2),
    heights: new Uint32Array(count),
    widths: new Uint32Array(count),
    moments: new Float64Array(count * 6),
  };
}

/** Rows between two pauses of {@link recordPicture}, in pixels. */
const SLICE_PIXELS = 262_144;

/** Writes what is kept of picture number `index`. */
export function* recordPicture(records: PictureRecords, index: number, image: DecodedImage): Slices<void> {
  const { pixels, height, width } = image;
  records.heights[index] = height;
  records.widths[index] = width;
  // Whole numbers: 100 million pixels times 255 squared are far below 2^53.
  const sums = new Float64Array(6);
  for (let start = 0; start < pixels.length; start += 3 * SLICE_PIXELS) {
    addMoments(sums, pixels.subarray(start, start + 3 * SLICE_PIXELS));
    yield;
  }
  for (let i = 0; i < 6; i++) records.moments[6 * index + i] = sums[i]! / (height * width);
  writePerceptualHash(image, records.hashes, index);
}

function addMoments(sums: Float64Array, pixels: Uint8Array): void {
  let [red, green, blue, red2, green2, blue2] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < pixels.length; i += 3) {
    const [r, g, b] = [pixels[i]!, pixels[i + 1]!, pixels[i + 2]!];
    red += r;
    green += g;
    blue += b;
    red2 += r * r;
    green2 += g * g;
    blue2 += b * b;
  }
  [red, green, blue, red2, green2, blue2].forEach((value, i) => (sums[i]! += value));
}

type Channels = [red: number, green: number, blue: number];

/** Mean and standard deviation of each channel over the pictures of `readable`, values from 0 to 1. */
export function colorsOf(
  { moments }: PictureRecords,
  readable: readonly number[],
): { mean: Channels; standardDeviation: Channels } {
  const average = (which: number): number =>
    readable.reduce((sum, index) => sum + moments[6 * index + which]!, 0) / readable.length;
  const mean = [0, 1, 2].map(average);
  const squares = [3, 4, 5].map(average);
  return {
    mean: mean.map((value) => value / 255) as Channels,
    standardDeviation: squares.map(
      (square, i) => Math.sqrt(Math.max(0, square - mean[i]! ** 2)) / 255,
    ) as Channels,
  };
}

/** Levels of mean colour beyond which pictures do not count as near, however alike in brightness: white and black are both flat. */
const COLOR_LEVELS = 48;

/** True if the mean colours of two pictures are close. */
export function haveLikeColors({ moments }: PictureRecords, left: number, right: number): boolean {
  return [0, 1, 2].every(
    (channel) => Math.abs(moments[6 * left + channel]! - moments[6 * right + channel]!) <= COLOR_LEVELS,
  );
}
