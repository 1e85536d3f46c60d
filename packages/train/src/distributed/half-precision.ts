/** A number type of two bytes that gradients travel as. */
export interface HalfPrecision {
  /** The nearest values to `values` plus `residuals`, ties to even; `residuals` becomes what was lost. */
  readonly round: (values: Float32Array, target: Uint16Array, residuals: Float32Array) => void;
  /** The value of two such bytes. */
  readonly widened: (half: number) => number;
}

const [float, bits] = viewsOfOne();

function viewsOfOne(): [Float32Array, Uint32Array] {
  const values = new Float32Array(1);
  return [values, new Uint32Array(values.buffer)];
}

/** Float32 without its lower 16 bits: its range, with three digits. */
export const bfloat16: HalfPrecision = {
  round: (values, target, residuals) => {
    for (let index = 0; index < values.length; index++) {
      const exact = Math.fround(values[index]! + residuals[index]!);
      float[0] = exact;
      const word = bits[0]!;
      // Infinities and NaNs are not rounded, because a carry would change them.
      const isFinite = (word & 0x7f800000) !== 0x7f800000;
      const rounded = isFinite
        ? (word + 0x7fff + ((word >>> 16) & 1)) >>> 16
        : (word >>> 16) | ((word & 0xffff) === 0 ? 0 : 0x40);
      target[index] = rounded;
      residuals[index] = isFinite ? exact - bfloat16.widened(rounded) : 0;
    }
  },
  widened: (half) => {
    bits[0] = half << 16;
    return float[0]!;
  },
};

/** The largest finite float16, 65,504. */
const LARGEST = 0x7bff;

/**
 * IEEE 754's binary16: four digits, from 6e-8 to 65,504.
 *
 * A larger value travels as 65,504 and the rest later, as what rounding took does: an infinity would end the run.
 */
export const float16: HalfPrecision = {
  round: (values, target, residuals) => {
    for (let index = 0; index < values.length; index++) {
      const exact = Math.fround(values[index]! + residuals[index]!);
      float[0] = exact;
      const sign = (bits[0]! >>> 16) & 0x8000;
      const size = bits[0]! & 0x7fffffff;
      const isFinite = size < 0x7f800000;
      const rounded =
        sign | (isFinite ? Math.min(LARGEST, roundedSize(size)) : size === 0x7f800000 ? 0x7c00 : 0x7e00);
      target[index] = rounded;
      residuals[index] = isFinite ? exact - float16.widened(rounded) : 0;
    }
  },
  widened: (half) => {
    const size = half & 0x7fff;
    // Moved to the places of float32, it is 2^112 times too small, without an exponent too.
    bits[0] = size << 13;
    const value = size < 0x7c00 ? float[0]! * 2 ** 112 : size === 0x7c00 ? Infinity : NaN;
    return (half & 0x8000) === 0 ? value : -value;
  },
};

/** A finite float32 without its sign, by its bits, as those of a float16, which may be beyond the largest one. */
function roundedSize(size: number): number {
  // From 2^-14 on: another exponent, and ten bits of 23, the last one to even.
  if (size >= 0x38800000) return (size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13;
  // Below, a step is 2^-24, to which the sum with 0.5 rounds by itself.
  bits[0] = size;
  float[0] = float[0]! + 0.5;
  return bits[0] - 0x3f000000;
}
