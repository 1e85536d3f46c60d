/**
 * How the pixels of one axis mix into those of another length: pixel `i` of the result is the sum of `weights[i * size + k]`
 * times pixel `first[i] + k` for k below `counts[i]`. Weights are fixed point with {@link FRACTION_BITS} bits.
 */
export interface ResampleTaps {
  readonly first: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Int32Array;
  /** Room for weights of one pixel. */
  readonly size: number;
}

/** Bits after the binary point: Pillow's choice (32 - 8 - 2), so that sums of bytes fit 32 bits. */
export const FRACTION_BITS = 22;

/** The taps of Pillow's BILINEAR filter: a triangle. */
export function triangleTaps(inputLength: number, outputLength: number): ResampleTaps {
  return filterTaps(inputLength, outputLength, 1, (distance) => Math.max(0, 1 - Math.abs(distance)));
}

/** The taps of Pillow's BICUBIC filter: Keys' cubic with a = -1/2, whose outer weights are negative. */
export function cubicTaps(inputLength: number, outputLength: number): ResampleTaps {
  return filterTaps(inputLength, outputLength, 2, (distance) => {
    const x = Math.abs(distance);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
  });
}

/**
 * The taps of a filter that is zero beyond `radius`, widened by the factor of shrinking so that every source pixel counts.
 *
 * Source: Pillow, src/libImaging/Resample.c, precompute_coeffs and normalize_coeffs_8bpc; results are equal bit for bit.
 */
function filterTaps(
  inputLength: number,
  outputLength: number,
  radius: number,
  filter: (distance: number) => number,
): ResampleTaps {
  const scale = inputLength / outputLength;
  const filterScale = Math.max(scale, 1);
  const reach = radius * filterScale;
  return makeTaps(outputLength, Math.ceil(reach) * 2 + 1, (index, weights) => {
    const center = (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach + 0.5));
    const count = Math.min(inputLength, Math.trunc(center + reach + 0.5)) - first;
    for (let k = 0; k < count; k++) weights[k] = filter((k + first - center + 0.5) / filterScale);
    return [first, count];
  });
}

/** The taps of exact area averaging: a source pixel weighs what it shares with the target pixel. */
export function areaTaps(inputLength: number, outputLength: number): ResampleTaps {
  const scale = inputLength / outputLength;
  return makeTaps(outputLength, Math.ceil(scale) + 2, (index, weights) => {
    const start = index * scale;
    const end = Math.min(inputLength, start + scale);
    const first = Math.min(inputLength - 1, Math.floor(start));
    const count = Math.max(1, Math.min(inputLength, Math.ceil(end)) - first);
    for (let k = 0; k < count; k++) {
      weights[k] = Math.max(0, Math.min(end, first + k + 1) - Math.max(start, first + k));
    }
    return [first, count];
  });
}

type FillTap = (index: number, weights: Float64Array) => readonly [first: number, count: number];

function makeTaps(outputLength: number, size: number, fill: FillTap): ResampleTaps {
  const first = new Int32Array(outputLength);
  const counts = new Int32Array(outputLength);
  const weights = new Int32Array(outputLength * size);
  const real = new Float64Array(size);
  for (let index = 0; index < outputLength; index++) {
    const [start, count] = fill(index, real);
    let sum = 0;
    for (let k = 0; k < count; k++) sum += real[k]!;
    for (let k = 0; k < count; k++) {
      weights[index * size + k] = Math.trunc(
        (real[k]! < 0 ? -0.5 : 0.5) + (real[k]! / sum) * 2 ** FRACTION_BITS,
      );
    }
    first[index] = start;
    counts[index] = count;
  }
  return { first, counts, weights, size };
}
