/** Names of `tf.image.resize`'s methods that mix pixels by sums along each axis. */
export type SpanMethod = 'bicubic' | 'area' | 'lanczos3' | 'lanczos5' | 'gaussian' | 'mitchellcubic';

/** How pixels of one axis mix: pixel `i` is the sum of `weights[i * size + k]` times source pixel `first[i] + k`, for k below `counts[i]`. */
export interface Spans {
  readonly first: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Float32Array;
  readonly size: number;
}

/** The spans of `method` that bring an axis from `length` to `targetLength`, in single precision as TensorFlow computes them. */
export function spansOf(method: SpanMethod, length: number, targetLength: number): Spans {
  if (method === 'bicubic') return bicubicSpans(length, targetLength);
  if (method === 'area') return areaSpans(length, targetLength);
  const { radius, weight } = SAMPLING_KERNELS[method];
  return kernelSpans(length, targetLength, radius, weight);
}

const { fround } = Math;

interface SamplingKernel {
  readonly radius: number;
  /** @param x The distance, at least 0. */
  readonly weight: (x: number) => number;
}

/** tensorflow/core/kernels/image/sampling_kernels.h, in its single precision. */
const SAMPLING_KERNELS: Readonly<Record<Exclude<SpanMethod, 'bicubic' | 'area'>, SamplingKernel>> = {
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
  gaussian: {
    radius: 1.5,
    weight: (x) => (x >= 1.5 ? 0 : fround(Math.exp(fround(fround(-x * x) / (2 * 0.5 * 0.5))))),
  },
  mitchellcubic: {
    radius: 2,
    weight: (x) => {
      if (x >= 2) return 0;
      if (x >= 1) return cubic(x, [fround(-7 / 18), 2, fround(-10 / 3), fround(16 / 9)]);
      return cubic(x, [fround(7 / 6), -2, 0, fround(8 / 9)]);
    },
  },
};

/** `((a * x + b) * x + c) * x + d`. */
function cubic(x: number, [a, b, c, d]: readonly [number, number, number, number]): number {
  const second = fround(fround(fround(a * x) + b) * x);
  return fround(fround(fround(second + c) * x) + d);
}

const PI = fround(Math.PI);

function lanczos(radius: number): SamplingKernel {
  const sine = (value: number) => fround(Math.sin(value));
  return {
    radius,
    weight: (x) => {
      if (x > radius) return 0;
      if (x <= fround(1e-3)) return 1;
      const angle = fround(PI * x);
      const product = fround(fround(radius * sine(angle)) * sine(fround(angle / radius)));
      return fround(product / fround(fround(fround(PI * PI) * x) * x));
    },
  };
}

/** scale_and_translate_op.cc, ComputeSpansCore, without antialiasing: the kernel is as wide when shrinking. */
function kernelSpans(
  length: number,
  targetLength: number,
  radius: number,
  weight: SamplingKernel['weight'],
): Spans {
  const step = fround(1 / fround(targetLength / length));
  return makeSpans(targetLength, 2 * Math.ceil(radius) + 1, (index, weights) => {
    const sample = fround(fround(index + 0.5) * step);
    if (sample > length) return { first: 0, count: 0 };
    const clamped = (position: number) => Math.min(length - 1, Math.max(0, position));
    const first = clamped(Math.ceil(fround(fround(sample - radius) - 0.5)));
    const end = clamped(Math.floor(fround(fround(sample + radius) - 0.5))) + 1;
    for (let k = 0; k < end - first; k++)
      weights[k] = weight(Math.abs(fround(fround(first + k + 0.5) - sample)));
    normalize(weights.subarray(0, end - first));
    return { first, count: end - first };
  });
}

const TABLE_SIZE = 1024;

/** resize_bicubic_op.cc with half-pixel centers: Keys' cubic by a table, pixels beyond the border left out. */
function bicubicSpans(length: number, targetLength: number): Spans {
  const scale = fround(length / targetLength);
  const near = (offset: number): number => {
    const x = offset / TABLE_SIZE;
    return (1.5 * x - 2.5) * x * x + 1;
  };
  const far = (offset: number): number => {
    const x = offset / TABLE_SIZE + 1;
    return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  };
  return makeSpans(targetLength, 4, (index, weights) => {
    const position = fround(fround(fround(index + 0.5) * scale) - 0.5);
    const floor = Math.floor(position);
    const offset = roundHalfToEven(fround(position - floor) * TABLE_SIZE);
    const all = [far(offset), near(offset), near(TABLE_SIZE - offset), far(TABLE_SIZE - offset)];
    const first = Math.max(0, floor - 1);
    const end = Math.min(length, floor + 3);
    for (let place = first; place < end; place++) weights[place - first] = all[place - floor + 1]!;
    normalize(weights.subarray(0, end - first));
    return { first, count: end - first };
  });
}

/** C's `lrintf`. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

/** resize_area_op.cc: what a source pixel shares with the target pixel; the sums are yet to be divided by their area. */
function areaSpans(length: number, targetLength: number): Spans {
  const scale = fround(length / targetLength);
  return makeSpans(targetLength, Math.ceil(scale) + 2, (index, weights) => {
    const start = fround(index * scale);
    const end = fround((index + 1) * scale);
    const first = Math.floor(start);
    const count = Math.ceil(end) - first;
    const share = (place: number): number => {
      if (place < start) return place + 1 > end ? scale : fround(place + 1 - start);
      return place + 1 > end ? fround(end - place) : 1;
    };
    for (let k = 0; k < count; k++) weights[k] = share(first + k);
    return { first, count };
  });
}

type FillSpan = (index: number, weights: Float32Array) => { first: number; count: number };

function makeSpans(targetLength: number, size: number, fill: FillSpan): Spans {
  const first = new Int32Array(targetLength);
  const counts = new Int32Array(targetLength);
  const weights = new Float32Array(targetLength * size);
  for (let index = 0; index < targetLength; index++) {
    const span = fill(index, weights.subarray(index * size, (index + 1) * size));
    first[index] = span.first;
    counts[index] = span.count;
  }
  return { first, counts, weights, size };
}

/** Brings the sum of weights to 1. */
function normalize(weights: Float32Array): void {
  const sum = weights.reduce((total, weight) => fround(total + weight), 0);
  const factor = fround(1 / sum);
  weights.forEach((weight, index) => (weights[index] = weight * factor));
}
