import type { ResizeMethod } from '@zoo/core/options';

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

/** Source pixels beside those that are resized: the filter reaches into them, where it else ends at the border. */
export interface PixelsBeside {
  readonly before: number;
  readonly after: number;
}

/** Bits after the binary point: Pillow's choice (32 - 8 - 2), so that sums of bytes fit 32 bits. */
export const FRACTION_BITS = 22;

/** A weight by the distance from the target pixel's middle, in source pixels; zero beyond `radius`. */
interface PillowFilter {
  readonly radius: number;
  readonly weight: (x: number) => number;
}

/** Pillow, src/libImaging/Resample.c. */
const FILTERS = {
  /** BILINEAR: a triangle. */
  antialias: { radius: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  /** BICUBIC: Keys' cubic with a = -1/2, whose outer weights are negative. */
  bicubic: {
    radius: 2,
    weight: (distance) => {
      const x = Math.abs(distance);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
    },
  },
  /** LANCZOS: a sinc within three lobes of another. */
  lanczos: { radius: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
  /** HAMMING: a sinc within a Hamming window. */
  hamming: {
    radius: 1,
    weight: (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(x * Math.PI)) : 0),
  },
  /** BOX: all source pixels whose middle lies in the target pixel weigh the same. */
  box: { radius: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
} as const satisfies Partial<Record<ResizeMethod, PillowFilter>>;

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

/** Resizing by weighted sums along each axis. */
export type TapsMethod = keyof typeof FILTERS | 'area';

/** The names in {@link TapsMethod}. */
export const TAPS_METHODS = [
  'antialias',
  'bicubic',
  'lanczos',
  'hamming',
  'box',
  'area',
] as const satisfies readonly TapsMethod[];

/** Whether `method` resizes by weighted sums along each axis: all but `bilinear` and `nearest`. */
export function hasTaps(method: ResizeMethod): method is TapsMethod {
  return method === 'area' || method in FILTERS;
}

/** The taps of `method` that bring an axis to another length. */
export function tapsOf(
  method: TapsMethod,
  inputLength: number,
  outputLength: number,
  beside: PixelsBeside = { before: 0, after: 0 },
): ResampleTaps {
  if (method === 'area') return areaTaps(inputLength, outputLength);
  return filterTaps(inputLength, outputLength, FILTERS[method], beside);
}

/**
 * The taps of a filter, widened by the factor of shrinking so that every source pixel counts.
 *
 * Source: Pillow, src/libImaging/Resample.c, precompute_coeffs and normalize_coeffs_8bpc; results are equal bit for bit.
 */
function filterTaps(
  inputLength: number,
  outputLength: number,
  { radius, weight }: PillowFilter,
  { before, after }: PixelsBeside,
): ResampleTaps {
  const scale = inputLength / outputLength;
  const filterScale = Math.max(scale, 1);
  const reach = radius * filterScale;
  const whole = before + inputLength + after;
  return makeTaps(outputLength, Math.ceil(reach) * 2 + 1, (index, weights) => {
    const center = before + (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach + 0.5));
    const count = Math.min(whole, Math.trunc(center + reach + 0.5)) - first;
    for (let k = 0; k < count; k++) weights[k] = weight((k + first - center + 0.5) / filterScale);
    return [first - before, count];
  });
}

/** The taps of exact area averaging: a source pixel weighs what it shares with the target pixel. */
function areaTaps(inputLength: number, outputLength: number): ResampleTaps {
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
