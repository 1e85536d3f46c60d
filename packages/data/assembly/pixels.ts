/**
 * What happens to a decoded picture on its way into a batch: resizing, colour and the values of a model's input.
 *
 * Every kernel makes the very values that its loop in src/image and src/augment makes. Rows of a picture may lie further apart than it
 * is wide (`stride`, in bytes). Vectors are read and written whole: behind every picture lie bytes that nobody needs.
 */

export { scaleColors } from './values';

/** src/image/resample-taps.ts, FRACTION_BITS. */
const FRACTION_BITS = 22;
const HALF = 1 << (FRACTION_BITS - 1);

/** src/augment/color-operations.ts: ITU-R BT.601, as torchvision rounds it, in ten thousandths. */
const RED: i32 = 2989;
const GREEN: i32 = 5870;
const BLUE: i32 = 1140;

/** src/image/row-taps.ts, LOW_BITS. */
const LOW_BITS = 14;

/** In which order the bytes of two pixels are taken, and of the next two: as words, both reds, both greens and both blues. */
// prettier-ignore
const PAIRED = memory.data<u8>([
  0, 128, 3, 128, 1, 128, 4, 128, 2, 128, 5, 128, 128, 128, 128, 128,
  6, 128, 9, 128, 7, 128, 10, 128, 8, 128, 11, 128, 128, 128, 128, 128,
], 16);

/** Brings rows to another width, two at a time. `first`, `counts`, `weights` and `size`: see RowTaps. */
export function resampleRows(
  source: usize,
  stride: i32,
  target: usize,
  rows: i32,
  width: i32,
  first: usize,
  counts: usize,
  weights: usize,
  size: i32,
): void {
  const order = v128.load(PAIRED);
  const next = v128.load(PAIRED, 16);
  for (let y = 0; y < rows; y += 2, source += stride * 2) {
    // Of an odd number of rows the last one is its own neighbour.
    const step = y + 1 < rows ? stride : 0;
    const below = y + 1 < rows ? width * 3 : 0;
    for (let x = 0; x < width; x++, target += 3) {
      let from = source + load<i32>(first + x * 4) * 3;
      let weight = weights + x * size * 16;
      const end = weight + load<i32>(counts + x * 4) * 16;
      let lows0 = i32x4.splat(0);
      let highs0 = lows0;
      let lows1 = lows0;
      let highs1 = lows0;
      for (; weight < end; weight += 16, from += 12) {
        const bytes0 = v128.load(from);
        const bytes1 = v128.load(from + step);
        let pixels0 = i8x16.swizzle(bytes0, order);
        let pixels1 = i8x16.swizzle(bytes1, order);
        let low = v128.load_splat<u32>(weight);
        let high = v128.load_splat<u32>(weight, 4);
        lows0 = v128.add<i32>(lows0, v128.dot<i16>(pixels0, low));
        highs0 = v128.add<i32>(highs0, v128.dot<i16>(pixels0, high));
        lows1 = v128.add<i32>(lows1, v128.dot<i16>(pixels1, low));
        highs1 = v128.add<i32>(highs1, v128.dot<i16>(pixels1, high));
        pixels0 = i8x16.swizzle(bytes0, next);
        pixels1 = i8x16.swizzle(bytes1, next);
        low = v128.load_splat<u32>(weight, 8);
        high = v128.load_splat<u32>(weight, 12);
        lows0 = v128.add<i32>(lows0, v128.dot<i16>(pixels0, low));
        highs0 = v128.add<i32>(highs0, v128.dot<i16>(pixels0, high));
        lows1 = v128.add<i32>(lows1, v128.dot<i16>(pixels1, low));
        highs1 = v128.add<i32>(highs1, v128.dot<i16>(pixels1, high));
      }
      const halves = v128.narrow<i32>(mixedPixel(lows0, highs0), mixedPixel(lows1, highs1));
      const bytes = v128.narrow<u16>(halves, halves);
      // A byte more, which the next pixel takes; not so in the upper row, behind whose last pixel the lower row stands already.
      v128.store_lane<u32>(target + below, bytes, 1);
      v128.store_lane<u16>(target, bytes, 0);
      v128.store_lane<u8>(target, bytes, 2, 2);
    }
    target += width * 3;
  }
}

/** A pixel from the sums of its weights' parts. */
// @ts-ignore: decorator
@inline
function mixedPixel(lows: v128, highs: v128): v128 {
  const sums = v128.add<i32>(v128.add<i32>(lows, v128.shl<i32>(highs, LOW_BITS)), i32x4.splat(HALF));
  return v128.shr<i32>(sums, FRACTION_BITS);
}

/** Brings columns to another height; rows lie `rowBytes` apart, before and after. */
export function resampleColumns(
  source: usize,
  target: usize,
  rowBytes: i32,
  height: i32,
  first: usize,
  counts: usize,
  weights: usize,
  size: i32,
): void {
  for (let y = 0; y < height; y++, target += rowBytes) {
    const row = source + <usize>load<i32>(first + y * 4) * rowBytes;
    const start = weights + y * size * 4;
    const end = start + load<i32>(counts + y * 4) * 4;
    for (let i = 0; i < rowBytes; i += 16) {
      let sums0 = i32x4.splat(HALF);
      let sums1 = sums0;
      let sums2 = sums0;
      let sums3 = sums0;
      let from = row + i;
      for (let weight = start; weight < end; weight += 4, from += rowBytes) {
        const bytes = v128.load(from);
        const low = v128.extend_low<u8>(bytes);
        const high = v128.extend_high<u8>(bytes);
        const factor = v128.load_splat<u32>(weight);
        sums0 = v128.add<i32>(sums0, v128.mul<i32>(v128.extend_low<u16>(low), factor));
        sums1 = v128.add<i32>(sums1, v128.mul<i32>(v128.extend_high<u16>(low), factor));
        sums2 = v128.add<i32>(sums2, v128.mul<i32>(v128.extend_low<u16>(high), factor));
        sums3 = v128.add<i32>(sums3, v128.mul<i32>(v128.extend_high<u16>(high), factor));
      }
      const low = v128.narrow<i32>(v128.shr<i32>(sums0, FRACTION_BITS), v128.shr<i32>(sums1, FRACTION_BITS));
      const high = v128.narrow<i32>(v128.shr<i32>(sums2, FRACTION_BITS), v128.shr<i32>(sums3, FRACTION_BITS));
      v128.store(target + i, v128.narrow<u16>(low, high));
    }
  }
}

/** Lays rows that lie `stride` bytes apart one behind the other. */
export function packRows(source: usize, stride: i32, target: usize, rows: i32, rowBytes: i32): void {
  for (let y = 0; y < rows; y++) memory.copy(target + y * rowBytes, source + y * stride, rowBytes);
}

/** In which order five pixels' bytes are taken: the last first. */
// prettier-ignore
const MIRRORED = memory.data<u8>([12, 13, 14, 9, 10, 11, 6, 7, 8, 3, 4, 5, 0, 1, 2, 15], 16);

/** Mirrors rows left and right, into rows that lie one behind the other. */
export function mirrorRows(source: usize, stride: i32, target: usize, rows: i32, width: i32): void {
  const order = v128.load(MIRRORED);
  for (let y = 0; y < rows; y++, source += stride) {
    let from = source + (width - 5) * 3;
    let left = width;
    // A byte more each, of which the next pixels, or what lies behind the picture, take the last.
    for (; left >= 5; left -= 5, from -= 15, target += 15) v128.store(target, i8x16.swizzle(v128.load(from), order));
    from += 12;
    for (; left > 0; left--, from -= 3, target += 3) store<u32>(target, load<u32>(from));
  }
}

let red: v128 = i64x2.splat(0);
let green: v128 = i64x2.splat(0);
let blue: v128 = i64x2.splat(0);

/** Takes the colours of four pixels apart. */
function takeApart(pixels: v128): void {
  const none = i64x2.splat(0);
  // prettier-ignore
  red = v128.shuffle<u8>(pixels, none, 0, 16, 16, 16, 3, 16, 16, 16, 6, 16, 16, 16, 9, 16, 16, 16);
  // prettier-ignore
  green = v128.shuffle<u8>(pixels, none, 1, 16, 16, 16, 4, 16, 16, 16, 7, 16, 16, 16, 10, 16, 16, 16);
  // prettier-ignore
  blue = v128.shuffle<u8>(pixels, none, 2, 16, 16, 16, 5, 16, 16, 16, 8, 16, 16, 16, 11, 16, 16, 16);
}

function lowReals(words: v128): v128 {
  return v128.convert_low<i32>(words);
}

function highReals(words: v128): v128 {
  return v128.convert_low<i32>(v128.shuffle<i64>(words, words, 1, 1));
}

function wholeNumbers(low: v128, high: v128): v128 {
  return v128.shuffle<i64>(v128.trunc_sat_zero<i32>(low), v128.trunc_sat_zero<i32>(high), 0, 2);
}

/** The greys of the four pixels that were taken apart, each cut off to a whole number. */
function greys(): v128 {
  const sum = v128.add<i32>(
    v128.add<i32>(v128.mul<i32>(red, i32x4.splat(RED)), v128.mul<i32>(green, i32x4.splat(GREEN))),
    v128.mul<i32>(blue, i32x4.splat(BLUE)),
  );
  // Half a ten thousandth more, so that rounding keeps a whole number whole; all sums give the true quotient.
  const real = v128.add<f32>(v128.convert<i32>(sum), f32x4.splat(0.5));
  return v128.trunc_sat<i32>(v128.mul<f32>(real, f32x4.splat(0.0001)));
}

function clampToByte(value: f64): u8 {
  return value <= 0 ? 0 : value >= 255 ? 255 : <u8>value;
}

/** adjustBrightness. `table`: room for 256 bytes. */
export function adjustBrightness(pixels: usize, count: i32, factor: f64, table: usize): void {
  lookUp(pixels, count, factor, 0, table);
}

/** adjustContrast. `table`: room for 256 bytes. */
export function adjustContrast(pixels: usize, count: i32, factor: f64, table: usize): void {
  let sums = i32x4.splat(0);
  const whole = count & ~3;
  for (let i = 0; i < whole; i += 4) {
    takeApart(v128.load(pixels + i * 3));
    sums = v128.add<i32>(sums, greys());
  }
  let sum =
    <f64>v128.extract_lane<i32>(sums, 0) +
    <f64>v128.extract_lane<i32>(sums, 1) +
    <f64>v128.extract_lane<i32>(sums, 2) +
    <f64>v128.extract_lane<i32>(sums, 3);
  for (let i = whole; i < count; i++) {
    const pixel = pixels + i * 3;
    sum += <f64>((RED * load<u8>(pixel) + GREEN * load<u8>(pixel + 1) + BLUE * load<u8>(pixel + 2)) / 10000);
  }
  lookUp(pixels, count, factor, (sum / count) * (1 - factor), table);
}

/** Bits behind the point of a factor in whole numbers. */
const FACTOR_BITS: i32 = 20;

/** Replaces each value by `value * factor + offset`, cut off to a byte. */
function lookUp(pixels: usize, count: i32, factor: f64, offset: f64, table: usize): void {
  for (let value = 0; value < 256; value++) store<u8>(table + value, clampToByte(value * factor + offset));
  const end = pixels + count * 3;
  if (scaleAll(pixels, end, factor, offset, table)) return;
  for (let at = pixels; at < end; at += 4) {
    store<u8>(at, load<u8>(table + load<u8>(at)));
    store<u8>(at + 1, load<u8>(table + load<u8>(at + 1)));
    store<u8>(at + 2, load<u8>(table + load<u8>(at + 2)));
    store<u8>(at + 3, load<u8>(table + load<u8>(at + 3)));
  }
}

/** The same in whole numbers, sixteen values at a time; false, and nothing done, if a value would not be the table's. */
function scaleAll(pixels: usize, end: usize, factor: f64, offset: f64, table: usize): bool {
  if (factor >= 4 || abs(offset) >= 512) return false;
  const whole = <i32>nearest(factor * <f64>(1 << FACTOR_BITS));
  // Half of the factor's last bit, for the largest value: what is a whole number stays one.
  const rest = <i32>nearest(offset * <f64>(1 << FACTOR_BITS)) + 128;
  for (let value = 0; value < 256; value++) {
    if (<u8>min(max((value * whole + rest) >> FACTOR_BITS, 0), 255) !== load<u8>(table + value)) return false;
  }
  const factors = i32x4.splat(whole);
  const rests = i32x4.splat(rest);
  for (let at = pixels; at < end; at += 16) {
    const bytes = v128.load(at);
    const low = v128.extend_low<u8>(bytes);
    const high = v128.extend_high<u8>(bytes);
    const first = v128.narrow<i32>(
      scaled(v128.extend_low<u16>(low), factors, rests),
      scaled(v128.extend_high<u16>(low), factors, rests),
    );
    const second = v128.narrow<i32>(
      scaled(v128.extend_low<u16>(high), factors, rests),
      scaled(v128.extend_high<u16>(high), factors, rests),
    );
    v128.store(at, v128.narrow<u16>(first, second));
  }
  return true;
}

function scaled(values: v128, factors: v128, rests: v128): v128 {
  return v128.shr<i32>(v128.add<i32>(v128.mul<i32>(values, factors), rests), FACTOR_BITS);
}

function mixed(color: v128, factor: v128, lowGrey: v128, highGrey: v128): v128 {
  return wholeNumbers(
    v128.add<f64>(v128.mul<f64>(lowReals(color), factor), lowGrey),
    v128.add<f64>(v128.mul<f64>(highReals(color), factor), highGrey),
  );
}

/** adjustSaturation. */
export function adjustSaturation(pixels: usize, count: i32, factor: f64): void {
  const end = pixels + count * 3;
  const own = f64x2.splat(factor);
  const rest = f64x2.splat(1 - factor);
  for (let at = pixels; at < end; at += 12) {
    const before = v128.load(at);
    takeApart(before);
    const grey = greys();
    const lowGrey = v128.mul<f64>(lowReals(grey), rest);
    const highGrey = v128.mul<f64>(highReals(grey), rest);
    const redGreen = v128.narrow<i32>(mixed(red, own, lowGrey, highGrey), mixed(green, own, lowGrey, highGrey));
    const blues = mixed(blue, own, lowGrey, highGrey);
    const bytes = v128.narrow<u16>(redGreen, v128.narrow<i32>(blues, blues));
    // prettier-ignore
    v128.store(at, v128.shuffle<u8>(bytes, before, 0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, 28, 29, 30, 31));
  }
}

/** torchvision turns a float from 0 to 1 into a byte by the floor of 255.999 times it. */
const FLOAT_TO_BYTE: f64 = 255.999 / 255;

/** adjustHue. */
export function adjustHue(pixels: usize, count: i32, turns: f64): void {
  const shift = turns * 6 + 6;
  const end = pixels + count * 3;
  for (let at = pixels; at < end; at += 3) {
    const red = <i32>load<u8>(at);
    const green = <i32>load<u8>(at + 1);
    const blue = <i32>load<u8>(at + 2);
    const maximum = max(max(red, green), blue);
    const minimum = min(min(red, green), blue);
    const range = <f64>(maximum - minimum);
    // Grey has no hue.
    if (range === 0) continue;
    let hue: f64;
    if (maximum === red) hue = <f64>(green - blue) / range;
    else if (maximum === green) hue = 2 + <f64>(blue - red) / range;
    else hue = 4 + <f64>(red - green) / range;
    hue += shift;
    while (hue >= 6) hue -= 6;
    const sector = <i32>hue;
    const fraction = hue - sector;
    const slope = (sector & 1) !== 0 ? maximum - range * fraction : maximum - range * (1 - fraction);
    const middle = <i32>(slope * FLOAT_TO_BYTE);
    store<u8>(at, <u8>(sector === 0 || sector === 5 ? maximum : sector === 2 || sector === 3 ? minimum : middle));
    store<u8>(at + 1, <u8>(sector === 1 || sector === 2 ? maximum : sector >= 4 ? minimum : middle));
    store<u8>(at + 2, <u8>(sector === 3 || sector === 4 ? maximum : sector <= 1 ? minimum : middle));
  }
}

/**
 * Writes the values of a picture, mirrored or not: of each pixel the bytes `red`, 1 and `blue`, each looked up in its table.
 *
 * @param tables Three tables of 256 float32 each.
 */
export function writeColors(
  source: usize,
  stride: i32,
  target: usize,
  rows: i32,
  width: i32,
  isMirrored: i32,
  tables: usize,
  red: i32,
  blue: i32,
): void {
  const step: isize = isMirrored !== 0 ? -3 : 3;
  for (let y = 0; y < rows; y++, source += stride) {
    let from = isMirrored !== 0 ? source + (width - 1) * 3 : source;
    for (const end = target + width * 12; target < end; target += 12, from += step) {
      store<u32>(target, load<u32>(tables + ((<usize>load<u8>(from + red)) << 2)));
      store<u32>(target + 4, load<u32>(tables + ((<usize>load<u8>(from + 1)) << 2), 1024));
      store<u32>(target + 8, load<u32>(tables + ((<usize>load<u8>(from + blue)) << 2), 2048));
    }
  }
}

/** As {@link writeColors}, but each pixel's brightness: Pillow's `convert('L')`. */
export function writeGreys(
  source: usize,
  stride: i32,
  target: usize,
  rows: i32,
  width: i32,
  isMirrored: i32,
  table: usize,
): void {
  const step: isize = isMirrored !== 0 ? -3 : 3;
  for (let y = 0; y < rows; y++, source += stride) {
    let from = isMirrored !== 0 ? source + (width - 1) * 3 : source;
    for (const end = target + width * 4; target < end; target += 4, from += step) {
      const sum =
        <u32>load<u8>(from) * 19595 + <u32>load<u8>(from + 1) * 38470 + <u32>load<u8>(from + 2) * 7471 + 0x8000;
      store<u32>(target, load<u32>(table + ((<usize>(sum >> 16)) << 2)));
    }
  }
}
