import type { DecodedImage } from '../image/decoded-image';
import { resizeRegion } from '../image/resize-image';

/** The side that a picture is brought to. */
const SIDE = 32;
/** The lowest frequencies of each direction that are kept. */
const KEPT = 8;
/** What a frequency has to stand above the median by: in a picture of one colour rounding alone tells them apart. */
const FLAT = 1e-6;

/**
 * Writes the perceptual hash of `image` into `words`, two from place `2 * index` on: pictures that look alike differ in few of its 64 bits.
 *
 * The picture in grey at 32 x 32 pixels, its 8 x 8 lowest frequencies (DCT-II), each told from their median: the `phash` of imagehash
 * (Zauner 2010, section 3.2.1), with areas averaged where that resamples by Lanczos.
 */
export function writePerceptualHash(image: DecodedImage, words: Uint32Array, index: number): void {
  const whole = { top: 0, left: 0, height: image.height, width: image.width };
  const low = lowFrequencies(greyOf(resizeRegion(image, whole, SIDE, SIDE, 'area')));
  const sorted = Float64Array.from(low).sort();
  const median = (sorted[31]! + sorted[32]!) / 2;
  for (let word = 0; word < 2; word++) {
    let bits = 0;
    for (let bit = 0; bit < 32; bit++) bits = (bits << 1) | (low[word * 32 + bit]! > median + FLAT ? 1 : 0);
    words[2 * index + word] = bits;
  }
}

/** Bits in which hashes `left` and `right` differ, 0 to 64. */
export function hashDistance(words: Uint32Array, left: number, right: number): number {
  return (
    countBits(words[2 * left]! ^ words[2 * right]!) + countBits(words[2 * left + 1]! ^ words[2 * right + 1]!)
  );
}

function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** ITU-R 601-2, as Pillow's `L`, unrounded. */
function greyOf({ pixels }: DecodedImage): Float64Array {
  return Float64Array.from(
    { length: pixels.length / 3 },
    (_, i) => 0.299 * pixels[3 * i]! + 0.587 * pixels[3 * i + 1]! + 0.114 * pixels[3 * i + 2]!,
  );
}

/** The lowest frequencies of a square, row by row. [8, 8] */
function lowFrequencies(grey: Float64Array): Float64Array {
  const rows = new Float64Array(SIDE * KEPT);
  for (let y = 0; y < SIDE; y++) {
    for (let u = 0; u < KEPT; u++) {
      for (let x = 0; x < SIDE; x++) rows[y * KEPT + u]! += grey[y * SIDE + x]! * cosine(u, x);
    }
  }
  const low = new Float64Array(KEPT * KEPT);
  for (let v = 0; v < KEPT; v++) {
    for (let u = 0; u < KEPT; u++) {
      for (let y = 0; y < SIDE; y++) low[v * KEPT + u]! += rows[y * KEPT + u]! * cosine(v, y);
    }
  }
  return low;
}

const cosine = (frequency: number, place: number): number =>
  Math.cos((Math.PI * (2 * place + 1) * frequency) / (2 * SIDE));
