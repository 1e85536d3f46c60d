import type { ResampleTaps } from './resample-taps';

/** Bits of a weight's lower part (assembly/pixels.ts, LOW_BITS). */
const LOW_BITS = 14;

/**
 * {@link ResampleTaps} as the kernel for rows reads them: four pixels at a time, by weights of 16 bits, of which two are multiplied and added
 * at once.
 *
 * A weight is `high * 2^14 + low`; weights of 0 make their number one of fours.
 */
export interface RowTaps {
  readonly first: Int32Array;
  /** Fours of source pixels. */
  readonly counts: Int32Array;
  /** For each two pixels both low parts, then both high ones. */
  readonly weights: Int16Array;
  /** Room for fours of one pixel. */
  readonly size: number;
}

/** Taps in fours. */
export function rowTaps({ first, counts, weights, size }: ResampleTaps): RowTaps {
  const fours = Math.ceil(size / 4);
  const parts = new Int16Array(counts.length * fours * 8);
  counts.forEach((count, index) => {
    for (let k = 0; k < count; k++) {
      const weight = weights[index * size + k]!;
      const place = index * fours * 8 + (k >> 1) * 4 + (k & 1);
      parts[place] = weight & (2 ** LOW_BITS - 1);
      parts[place + 2] = weight >> LOW_BITS;
    }
  });
  return { first, counts: counts.map((count) => Math.ceil(count / 4)), weights: parts, size: fours };
}
