/**
 * From bytes to values, the last step of a picture on its way into a batch. Also a module of its own without any data, which runs in the
 * memory that batches lie in.
 */

/**
 * Makes each byte of RGB pixels a value, `byte * factor + offset`, both in two parts of 32 bits of which the first make exact products and
 * sums: src/batches/value-factors.ts.
 *
 * The bytes may be the end of the room for the values, or up to 15 bytes before: each is read before a value lies there.
 *
 * @param count Pixels, at least 6.
 * @param factors For three vectors of four values, of pixels red, green, blue, red and so on: first parts of factors and offsets, then the
 *   rests; then in which order four pixels' bytes are taken. May be the beginning of the room for the values.
 */
export function scaleColors(source: usize, target: usize, count: i32, factors: usize): void {
  const factor0 = v128.load(factors);
  const offset0 = v128.load(factors, 16);
  const factorRest0 = v128.load(factors, 32);
  const offsetRest0 = v128.load(factors, 48);
  const factor1 = v128.load(factors, 64);
  const offset1 = v128.load(factors, 80);
  const factorRest1 = v128.load(factors, 96);
  const offsetRest1 = v128.load(factors, 112);
  const factor2 = v128.load(factors, 128);
  const offset2 = v128.load(factors, 144);
  const factorRest2 = v128.load(factors, 160);
  const offsetRest2 = v128.load(factors, 176);
  const order = v128.load(factors, 192);
  const end = source + count * 3;
  const wholes = end - 16;
  const last = v128.load(wholes);
  if (isScaleAlone(offset0, offset1, offset2, offsetRest0, offsetRest1, offsetRest2, factor0, factor1, factor2)) {
    for (; source <= wholes; source += 12, target += 48) {
      const bytes = i8x16.swizzle(v128.load(source), order);
      const low = v128.extend_low<u8>(bytes);
      const high = v128.extend_low<u16>(v128.extend_high<u8>(bytes));
      v128.store(target, scaled(v128.extend_low<u16>(low), factor0, factorRest0));
      v128.store(target, scaled(v128.extend_high<u16>(low), factor1, factorRest1), 16);
      v128.store(target, scaled(high, factor2, factorRest2), 32);
    }
  } else {
    for (; source <= wholes; source += 12, target += 48) {
      const bytes = i8x16.swizzle(v128.load(source), order);
      const low = v128.extend_low<u8>(bytes);
      const high = v128.extend_low<u16>(v128.extend_high<u8>(bytes));
      v128.store(target, shifted(v128.extend_low<u16>(low), factor0, offset0, factorRest0, offsetRest0));
      v128.store(target, shifted(v128.extend_high<u16>(low), factor1, offset1, factorRest1, offsetRest1), 16);
      v128.store(target, shifted(high, factor2, offset2, factorRest2, offsetRest2), 32);
    }
  }
  // The last pixels, four at a time, of the last 16 bytes; some perhaps twice.
  while (source < end) {
    const back = max<isize>(12 - <isize>(end - source), 0);
    source -= back;
    target -= back * 4;
    const place = v128.add<i8>(order, i8x16.splat(<i8>(source - wholes)));
    const bytes = i8x16.swizzle(last, place);
    const low = v128.extend_low<u8>(bytes);
    const high = v128.extend_low<u16>(v128.extend_high<u8>(bytes));
    v128.store(target, shifted(v128.extend_low<u16>(low), factor0, offset0, factorRest0, offsetRest0));
    v128.store(target, shifted(v128.extend_high<u16>(low), factor1, offset1, factorRest1, offsetRest1), 16);
    v128.store(target, shifted(high, factor2, offset2, factorRest2, offsetRest2), 32);
    source += 12;
    target += 48;
  }
}

/** True for offsets of 0 and factors above it: then adding 0 changes no value, not even the sign of 0. */
// @ts-ignore: decorator
@inline
function isScaleAlone(
  offset0: v128,
  offset1: v128,
  offset2: v128,
  rest0: v128,
  rest1: v128,
  rest2: v128,
  factor0: v128,
  factor1: v128,
  factor2: v128,
): bool {
  const offsets = v128.or(v128.or(offset0, offset1), v128.or(offset2, v128.or(rest0, v128.or(rest1, rest2))));
  const factors = v128.or(factor0, v128.or(factor1, factor2));
  return !v128.any_true(offsets) && v128.bitmask<i32>(factors) === 0;
}

// @ts-ignore: decorator
@inline
function scaled(bytes: v128, factor: v128, factorRest: v128): v128 {
  const value = v128.convert<i32>(bytes);
  return v128.add<f32>(v128.mul<f32>(value, factor), v128.mul<f32>(value, factorRest));
}

// @ts-ignore: decorator
@inline
function shifted(bytes: v128, factor: v128, offset: v128, factorRest: v128, offsetRest: v128): v128 {
  const value = v128.convert<i32>(bytes);
  return v128.add<f32>(
    v128.add<f32>(v128.mul<f32>(value, factor), offset),
    v128.add<f32>(v128.mul<f32>(value, factorRest), offsetRest),
  );
}
