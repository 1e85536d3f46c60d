import { notFinite, roundHalfEven } from './quantize-channels';

/** Whole numbers from 0 on that stand for `whole * scale + min`. */
export interface AffineSteps {
  readonly dtype: 'uint8' | 'uint16';
  readonly scale: number;
  readonly min: number;
}

const LARGEST = { uint8: 255, uint16: 65535 } as const;

/**
 * Steps from the smallest of `values` to the largest, moved so that zero is one of them where it lies between: as TensorFlow.js' own
 * converter has it.
 *
 * @param name What the values are called in an error.
 * @throws ZooError 'not-finite' for a value that is no finite number.
 * @see tensorflowjs/quantization.py, quantize_weights
 */
export function affineSteps(name: string, values: Float32Array, dtype: AffineSteps['dtype']): AffineSteps {
  let [minimum, maximum] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) throw notFinite(name, value);
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  if (!(maximum > minimum)) return { dtype, scale: 1, min: Number.isFinite(minimum) ? minimum : 0 };
  const scale = (maximum - minimum) / LARGEST[dtype];
  const isZeroWithin = minimum <= 0 && maximum >= 0;
  return { dtype, scale, min: isZeroWithin ? roundHalfEven(minimum / scale) * scale : minimum };
}

/** `values` in whole numbers of `steps`, to the nearest and of two to the even one. */
export function quantizeAffine(
  values: Float32Array,
  { dtype, scale, min }: AffineSteps,
): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
  const largest = LARGEST[dtype];
  const steps = dtype === 'uint8' ? new Uint8Array(values.length) : new Uint16Array(values.length);
  for (const [i, value] of values.entries()) {
    steps[i] = Math.max(0, Math.min(largest, roundHalfEven((value - min) / scale)));
  }
  return steps;
}
