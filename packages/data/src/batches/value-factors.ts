/** What makes a byte a value by arithmetic in 32 bits: `(byte * factor + offset) + (byte * factorRest + offsetRest)`. */
export interface ValueFactors {
  readonly factor: number;
  readonly offset: number;
  readonly factorRest: number;
  readonly offsetRest: number;
}

const FRACTION_BITS = 24;

/**
 * Factors that give, of every byte, the very value of `values`; undefined where there are none.
 *
 * A float32 has too few bits for `byte * factor + offset`. So both are multiples of one small number, of which products and sum
 * have 24 bits and are exact; what the multiples leave over is small, and so are its errors.
 *
 * @param values The value of each byte, a line but for rounding: valueTable of normalize-pixels.ts. [256]
 * @param scale What a byte more adds, in double precision.
 * @param shift The value of byte 0, in double precision.
 */
export function valueFactors(values: Float32Array, scale: number, shift: number): ValueFactors | undefined {
  const largest = Math.max(Math.abs(255 * scale), Math.abs(255 * scale + shift), Math.abs(shift));
  const unit = 2 ** (Math.floor(Math.log2(largest)) + 1 - FRACTION_BITS);
  const factor = Math.round(scale / unit) * unit;
  // No -0: the kernel leaves out what is 0.
  const offset = Math.round(shift / unit) * unit + 0;
  const factors = {
    factor,
    offset,
    factorRest: Math.fround(scale - factor),
    offsetRest: Math.fround(shift - offset) + 0,
  };
  return values.every((value, byte) => Object.is(valueOf(byte, factors), value)) ? factors : undefined;
}

/** As the kernel computes it (assembly/values.ts, shifted). */
function valueOf(byte: number, { factor, offset, factorRest, offsetRest }: ValueFactors): number {
  const { fround } = Math;
  return fround(fround(fround(byte * factor) + offset) + fround(fround(byte * factorRest) + offsetRest));
}

/**
 * The factors of three channels as the kernel reads them: for three vectors of four values, of pixels of three values one behind the
 * other, each of the four numbers; then the order in which it takes the bytes of four pixels, red and blue exchanged if `isSwapped`.
 */
export function packValueFactors(channels: readonly ValueFactors[], isSwapped: boolean): Uint8Array {
  const names = ['factor', 'offset', 'factorRest', 'offsetRest'] as const;
  const factors = Float32Array.of(
    ...[0, 1, 2].flatMap((vector) =>
      names.flatMap((name) => [0, 1, 2, 3].map((lane) => channels[(vector * 4 + lane) % 3]![name])),
    ),
  );
  const order = Array.from({ length: 16 }, (_, place) => (isSwapped ? place + 2 - 2 * (place % 3) : place));
  return Uint8Array.of(...new Uint8Array(factors.buffer), ...order);
}
