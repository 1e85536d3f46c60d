/**
 * Baseline JPEG to RGB bytes, bit for bit as libjpeg-turbo decodes it by default: exact inverse transform, smooth upsampling.
 *
 * Huffman-coded, 8 bits, one scan; grey, or YCbCr whose colour is sampled 1x1, 2x1 or 2x2. Whatever is out of the ordinary ends
 * with an answer other than 0, and the caller takes another decoder.
 *
 * Sources: ITU-T T.81, annex F; libjpeg-turbo, jidctint.c and jidctint-sse2.asm (the transform in 16-bit products, whose order
 * decides what saturates), jdsample.c (h2v1_fancy_upsample, h2v2_fancy_upsample), jdcolor.c and jdcolext-sse2.asm.
 */

/** Tables of one Huffman code: 512 entries for the next 9 bits (length << 8 | symbol), then the limits of longer codes. */
const LOOK_BITS = 9;
const LOOK_BYTES = 2 << LOOK_BITS;
const LIMITS = LOOK_BYTES;
const OFFSETS = LIMITS + 18 * 4;
const SYMBOLS = OFFSETS + 18 * 4;
const CODE_BYTES = SYMBOLS + 256;

/** Where things lie in memory: four codes (two for DC, two for AC), four tables of quantization, one block, three components. */
const CODES: usize = 1024;
const QUANTIZATION: usize = CODES + 4 * CODE_BYTES;
const NATURAL_ORDER: usize = QUANTIZATION + 4 * 128;
const BLOCK: usize = (NATURAL_ORDER + 64 + 15) & ~15;
/** Bytes at the start of memory that the decoder uses; the caller's data lie behind them. */
const RESERVED: usize = 16384;

export const reservedBytes: i32 = <i32>RESERVED;

let input: usize = 0;
let inputEnd: usize = 0;
let bitBuffer: u64 = 0;
let bitCount: i32 = 0;
/** Zeros that were put into the buffer behind the data's end. */
let padding: i32 = 0;

/** Makes a code's tables from the counts of its 16 lengths and its symbols, at `source`; false for counts that are no code. */
export function defineCode(index: i32, source: usize, symbolCount: i32): bool {
  const table = CODES + index * CODE_BYTES;
  memory.fill(table, 0, CODE_BYTES);
  memory.copy(table + SYMBOLS, source + 16, symbolCount);
  let code = 0;
  let symbol = 0;
  for (let length = 1; length <= 16; length++) {
    const count = <i32>load<u8>(source + length - 1);
    store<i32>(table + OFFSETS + length * 4, symbol - code);
    for (let i = 0; i < count; i++, code++, symbol++) {
      if (length > LOOK_BITS) continue;
      const entry = (length << 8) | load<u8>(table + SYMBOLS + symbol);
      const first = code << (LOOK_BITS - length);
      const last = (code + 1) << (LOOK_BITS - length);
      for (let look = first; look < last && look < 1 << LOOK_BITS; look++) store<u16>(table + look * 2, <u16>entry);
    }
    if (code > 1 << length) return false;
    // Codes of this length are below the limit.
    store<i32>(table + LIMITS + length * 4, count > 0 ? code : -1);
    code <<= 1;
  }
  return symbol === symbolCount;
}

/** Takes 64 factors in zigzag order, a byte each, at `source`. */
export function defineQuantization(index: i32, source: usize): void {
  const table = QUANTIZATION + index * 128;
  for (let k = 0; k < 64; k++) {
    store<i16>(table + load<u8>(NATURAL_ORDER + k) * 2, load<u8>(source + k));
  }
}

/** Writes the table that turns zigzag order into rows; called once. */
export function initialize(): void {
  let row = 0;
  let column = 0;
  for (let k = 0; k < 64; k++) {
    store<u8>(NATURAL_ORDER + k, <u8>(row * 8 + column));
    if (((row + column) & 1) === 0) {
      if (column === 7) row++;
      else if (row === 0) column++;
      else {
        row--;
        column++;
      }
    } else {
      if (row === 7) column++;
      else if (column === 0) row++;
      else {
        row++;
        column--;
      }
    }
  }
}

/** Fills the buffer to more than 32 bits; zeros follow a marker. */
function refill(): void {
  if (input + 4 <= inputEnd) {
    const word = load<u32>(input);
    const inverse = ~word;
    if (((inverse - 0x01010101) & ~inverse & 0x80808080) === 0) {
      bitBuffer = (bitBuffer << 32) | bswap<u32>(word);
      bitCount += 32;
      input += 4;
      return;
    }
  }
  while (bitCount <= 32) {
    let byte: u32 = 0;
    if (input < inputEnd && load<u8>(input) !== 0xff) {
      byte = load<u8>(input);
      input++;
    } else if (input + 1 < inputEnd && load<u8>(input + 1) === 0) {
      byte = 0xff;
      input += 2;
    } else {
      padding += 8;
    }
    bitBuffer = (bitBuffer << 8) | byte;
    bitCount += 8;
  }
}

/** The next symbol of a code, or -1; there are at least 32 bits. */
function nextSymbol(table: usize): i32 {
  const entry = load<u16>(table + ((<usize>(bitBuffer >> (bitCount - LOOK_BITS)) & ((1 << LOOK_BITS) - 1)) << 1));
  if (entry !== 0) {
    bitCount -= entry >> 8;
    return entry & 255;
  }
  return longSymbol(table);
}

function longSymbol(table: usize): i32 {
  for (let length = LOOK_BITS + 1; length <= 16; length++) {
    const code = <i32>(bitBuffer >> (bitCount - length)) & ((1 << length) - 1);
    if (code < load<i32>(table + LIMITS + length * 4)) {
      bitCount -= length;
      return load<u8>(table + SYMBOLS + code + load<i32>(table + OFFSETS + length * 4));
    }
  }
  return -1;
}

/** The next `size` bits as a signed difference (T.81, F.2.2.1). */
function nextValue(size: i32): i32 {
  bitCount -= size;
  const value = <i32>(bitBuffer >> bitCount) & ((1 << size) - 1);
  return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
}

/** What {@link decodeBlock} found: the DC value goes on from block to block. */
let predicted: i32 = 0;

/** Reads one block's coefficients; the last index that is not 0, or -1 for what is no such data. */
function decodeBlock(dc: usize, ac: usize): i32 {
  for (let i: usize = 0; i < 128; i += 16) v128.store(BLOCK + i, i64x2.splat(0));
  if (bitCount <= 32) refill();
  const size = nextSymbol(dc);
  if (size < 0 || size > 11) return -1;
  if (size > 0) predicted += nextValue(size);
  store<i16>(BLOCK, <i16>predicted);
  let last = 0;
  for (let k = 1; k < 64; k++) {
    if (bitCount <= 32) refill();
    const symbol = nextSymbol(ac);
    if (symbol < 0) return -1;
    const bits = symbol & 15;
    const run = symbol >> 4;
    if (bits === 0) {
      if (run !== 15) break;
      k += 15;
      continue;
    }
    k += run;
    if (k > 63) return -1;
    store<i16>(BLOCK + load<u8>(NATURAL_ORDER + k) * 2, <i16>nextValue(bits));
    last = k;
  }
  return last;
}

/** The rows of a block between the passes of the transform. */
let row0: v128 = i64x2.splat(0);
let row1: v128 = i64x2.splat(0);
let row2: v128 = i64x2.splat(0);
let row3: v128 = i64x2.splat(0);
let row4: v128 = i64x2.splat(0);
let row5: v128 = i64x2.splat(0);
let row6: v128 = i64x2.splat(0);
let row7: v128 = i64x2.splat(0);

function pairsLow(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

function pairsHigh(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

function dot(pairs: v128, first: i16, second: i16): v128 {
  return v128.dot<i16>(pairs, i16x8(first, second, first, second, first, second, first, second));
}

function descale(low: v128, high: v128, shift: i32): v128 {
  const half = i32x4.splat(1 << (shift - 1));
  return v128.narrow<i32>(
    v128.shr<i32>(v128.add<i32>(low, half), shift),
    v128.shr<i32>(v128.add<i32>(high, half), shift),
  );
}

function sum(a: v128, b: v128): v128 {
  return v128.add<i32>(a, b);
}

function difference(a: v128, b: v128): v128 {
  return v128.sub<i32>(a, b);
}

/** One pass over the columns of the rows, in 13-bit constants: jidctint's even and odd parts. */
function transformColumns(shift: i32): void {
  const even0 = pairsLow(row2, row6);
  const even1 = pairsHigh(row2, row6);
  const tmp3l = dot(even0, 10703, 4433);
  const tmp3h = dot(even1, 10703, 4433);
  const tmp2l = dot(even0, 4433, -10704);
  const tmp2h = dot(even1, 4433, -10704);
  const added = v128.add<i16>(row0, row4);
  const taken = v128.sub<i16>(row0, row4);
  const tmp0l = v128.shl<i32>(v128.extend_low<i16>(added), 13);
  const tmp0h = v128.shl<i32>(v128.extend_high<i16>(added), 13);
  const tmp1l = v128.shl<i32>(v128.extend_low<i16>(taken), 13);
  const tmp1h = v128.shl<i32>(v128.extend_high<i16>(taken), 13);

  const z3 = v128.add<i16>(row7, row3);
  const z4 = v128.add<i16>(row5, row1);
  const odd0 = pairsLow(z3, z4);
  const odd1 = pairsHigh(z3, z4);
  const z3l = dot(odd0, -6436, 9633);
  const z3h = dot(odd1, -6436, 9633);
  const z4l = dot(odd0, 9633, 6437);
  const z4h = dot(odd1, 9633, 6437);
  const outer0 = pairsLow(row7, row1);
  const outer1 = pairsHigh(row7, row1);
  const inner0 = pairsLow(row5, row3);
  const inner1 = pairsHigh(row5, row3);
  const o0l = sum(dot(outer0, -4927, -7373), z3l);
  const o0h = sum(dot(outer1, -4927, -7373), z3h);
  const o3l = sum(dot(outer0, -7373, 4926), z4l);
  const o3h = sum(dot(outer1, -7373, 4926), z4h);
  const o1l = sum(dot(inner0, -4176, -20995), z4l);
  const o1h = sum(dot(inner1, -4176, -20995), z4h);
  const o2l = sum(dot(inner0, -20995, 4177), z3l);
  const o2h = sum(dot(inner1, -20995, 4177), z3h);

  const t10l = sum(tmp0l, tmp3l);
  const t10h = sum(tmp0h, tmp3h);
  const t13l = difference(tmp0l, tmp3l);
  const t13h = difference(tmp0h, tmp3h);
  const t11l = sum(tmp1l, tmp2l);
  const t11h = sum(tmp1h, tmp2h);
  const t12l = difference(tmp1l, tmp2l);
  const t12h = difference(tmp1h, tmp2h);
  row0 = descale(sum(t10l, o3l), sum(t10h, o3h), shift);
  row7 = descale(difference(t10l, o3l), difference(t10h, o3h), shift);
  row1 = descale(sum(t11l, o2l), sum(t11h, o2h), shift);
  row6 = descale(difference(t11l, o2l), difference(t11h, o2h), shift);
  row2 = descale(sum(t12l, o1l), sum(t12h, o1h), shift);
  row5 = descale(difference(t12l, o1l), difference(t12h, o1h), shift);
  row3 = descale(sum(t13l, o0l), sum(t13h, o0h), shift);
  row4 = descale(difference(t13l, o0l), difference(t13h, o0h), shift);
}

function low32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 4, 1, 5);
}

function high32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 2, 6, 3, 7);
}

function low64(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 0, 2);
}

function high64(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 1, 3);
}

function transpose(): void {
  const a0 = pairsLow(row0, row1);
  const a1 = pairsHigh(row0, row1);
  const a2 = pairsLow(row2, row3);
  const a3 = pairsHigh(row2, row3);
  const a4 = pairsLow(row4, row5);
  const a5 = pairsHigh(row4, row5);
  const a6 = pairsLow(row6, row7);
  const a7 = pairsHigh(row6, row7);
  const b0 = low32(a0, a2);
  const b1 = high32(a0, a2);
  const b2 = low32(a1, a3);
  const b3 = high32(a1, a3);
  const b4 = low32(a4, a6);
  const b5 = high32(a4, a6);
  const b6 = low32(a5, a7);
  const b7 = high32(a5, a7);
  row0 = low64(b0, b4);
  row1 = high64(b0, b4);
  row2 = low64(b1, b5);
  row3 = high64(b1, b5);
  row4 = low64(b2, b6);
  row5 = high64(b2, b6);
  row6 = low64(b3, b7);
  row7 = high64(b3, b7);
}

function loadRow(table: usize, row: usize): v128 {
  return v128.mul<i16>(v128.load(BLOCK + row * 16), v128.load(table + row * 16));
}

function storeRow(target: usize, values: v128): void {
  // Saturated about 0, then moved to the middle of the bytes.
  const bytes = v128.xor(v128.narrow<i16>(values, values), i8x16.splat(-128));
  v128.store_lane<i64>(target, bytes, 0);
}

/** True if the block has no coefficient below its first row. */
function isFlatDownwards(): bool {
  let any = v128.load(BLOCK + 16);
  for (let row: usize = 2; row < 8; row++) any = v128.or(any, v128.load(BLOCK + row * 16));
  return !v128.any_true(any);
}

function storeBlock(table: usize, target: usize, stride: usize): void {
  row0 = loadRow(table, 0);
  row1 = loadRow(table, 1);
  row2 = loadRow(table, 2);
  row3 = loadRow(table, 3);
  row4 = loadRow(table, 4);
  row5 = loadRow(table, 5);
  row6 = loadRow(table, 6);
  row7 = loadRow(table, 7);
  if (isFlatDownwards()) {
    // libjpeg-turbo's short way, which wraps where the long one saturates.
    row0 = v128.shl<i16>(row0, 2);
    row1 = row0;
    row2 = row0;
    row3 = row0;
    row4 = row0;
    row5 = row0;
    row6 = row0;
    row7 = row0;
  } else {
    transformColumns(11);
  }
  transpose();
  transformColumns(18);
  transpose();
  storeRow(target, row0);
  storeRow(target + stride, row1);
  storeRow(target + stride * 2, row2);
  storeRow(target + stride * 3, row3);
  storeRow(target + stride * 4, row4);
  storeRow(target + stride * 5, row5);
  storeRow(target + stride * 6, row6);
  storeRow(target + stride * 7, row7);
}

function storeFlatBlock(table: usize, target: usize, stride: usize): void {
  const dc = <i32>(<i16>(load<i16>(BLOCK) * load<i16>(table)));
  const value = (<i32>(<i16>(dc << 2)) + 16) >> 5;
  const byte = <u8>((value < -128 ? -128 : value > 127 ? 127 : value) + 128);
  const row = <u64>byte * 0x0101010101010101;
  for (let y: usize = 0; y < 8; y++) store<u64>(target + y * stride, row);
}

/** Of each component: plane, stride, blocks across and down in an MCU, quantization, codes for DC and AC, last DC value. */
const FIELDS: usize = 8;
const COMPONENTS: usize = 512;

function field(component: i32, index: usize): i32 {
  return load<i32>(COMPONENTS + (<usize>component * FIELDS + index) * 4);
}

/**
 * Decodes the scan at `start` into the components' planes; 0, or where it is out of the ordinary the reason.
 *
 * @param restart MCUs between restart markers; 0 for none.
 * @param left The blocks of MCUs from here on, up to `right` and from `top` up to `bottom`, are transformed; what is outside is checked
 *   and left as it is.
 */
export function decodeScan(
  start: usize,
  end: usize,
  components: i32,
  mcusAcross: i32,
  mcusDown: i32,
  restart: i32,
  left: i32,
  top: i32,
  right: i32,
  bottom: i32,
): i32 {
  input = start;
  inputEnd = end;
  bitBuffer = 0;
  bitCount = 0;
  padding = 0;
  let untilRestart = restart;
  let marker = 0;
  for (let c = 0; c < components; c++) store<i32>(COMPONENTS + (c * FIELDS + 7) * 4, 0);
  for (let y = 0; y < mcusDown; y++) {
    for (let x = 0; x < mcusAcross; x++) {
      if (restart > 0 && untilRestart === 0) {
        if (!isAtEnd() || load<u8>(input) !== 0xff || load<u8>(input + 1) !== 0xd0 + marker) return 2;
        input += 2;
        bitCount = 0;
        padding = 0;
        marker = (marker + 1) & 7;
        untilRestart = restart;
        for (let c = 0; c < components; c++) store<i32>(COMPONENTS + (c * FIELDS + 7) * 4, 0);
      }
      untilRestart--;
      const isWanted = x >= left && x < right && y >= top && y < bottom;
      for (let c = 0; c < components; c++) {
        const across = field(c, 2);
        const down = field(c, 3);
        const stride = <usize>field(c, 1);
        const table = QUANTIZATION + field(c, 4) * 128;
        const dc = CODES + field(c, 5) * CODE_BYTES;
        const ac = CODES + field(c, 6) * CODE_BYTES;
        predicted = field(c, 7);
        for (let v = 0; v < down; v++) {
          for (let h = 0; h < across; h++) {
            const last = decodeBlock(dc, ac);
            if (last < 0) return 1;
            if (!isWanted) continue;
            const target = <usize>field(c, 0) + (y * down + v) * 8 * stride + (x * across + h) * 8;
            if (last === 0) storeFlatBlock(table, target, stride);
            else storeBlock(table, target, stride);
          }
        }
        store<i32>(COMPONENTS + (c * FIELDS + 7) * 4, predicted);
      }
    }
    // Reading went beyond the data's end.
    if (padding > bitCount) return 3;
  }
  return isAtEnd() && input + 2 <= end && load<u8>(input) === 0xff && load<u8>(input + 1) === 0xd9 ? 0 : 4;
}

/** Whether nothing but the rest of a byte is left before the next marker. */
function isAtEnd(): bool {
  return padding <= bitCount && bitCount - padding < 8 && input + 2 <= inputEnd && load<u8>(input) === 0xff;
}

/** Turns the planes' rows from `top` up to `bottom` into RGB, their columns from `left` (a multiple of 16) up to `right`; colour is sampled once in `across` x `down` pixels. */
export function writeRgb(
  out: usize,
  width: i32,
  height: i32,
  across: i32,
  down: i32,
  scratch: usize,
  left: i32,
  top: i32,
  right: i32,
  bottom: i32,
): void {
  const sampled = across === 1 ? width : (width + 1) >> 1;
  const sampledRows = down === 1 ? height : (height + 1) >> 1;
  const room = ((<usize>width + 63) & ~15) + 32;
  const blue = scratch;
  const red = scratch + room;
  const sums = scratch + room * 2;
  for (let y = top; y < bottom; y++) {
    const luma = <usize>field(0, 0) + <usize>y * field(0, 1);
    let blueRow = <usize>field(1, 0) + <usize>(y >> (down - 1)) * field(1, 1);
    let redRow = <usize>field(2, 0) + <usize>(y >> (down - 1)) * field(2, 1);
    if (across === 2) {
      const row = y >> (down - 1);
      let far = row;
      if (down === 2) far = (y & 1) === 0 ? max(row - 1, 0) : min(row + 1, sampledRows - 1);
      upsample(blueRow, <usize>field(1, 0) + <usize>far * field(1, 1), blue, sampled, down, sums);
      upsample(redRow, <usize>field(2, 0) + <usize>far * field(2, 1), red, sampled, down, sums);
      blueRow = blue;
      redRow = red;
    }
    writeRow(out + <usize>y * width * 3, luma, blueRow, redRow, left, right);
  }
}

/** One row of colour at twice its width: three parts of the nearer sample and one of the farther, across and down. */
function upsample(near: usize, far: usize, target: usize, count: i32, down: i32, scratch: usize): void {
  const sums = scratch + 16;
  const three = i16x8.splat(3);
  for (let i = 0; i < count; i += 8) {
    const values = v128.load_ext<u8>(near + i);
    v128.store(
      sums + i * 2,
      down === 2 ? v128.add<i16>(v128.mul<i16>(values, three), v128.load_ext<u8>(far + i)) : values,
    );
  }
  // Beyond the border lies the border's own sample.
  store<i16>(sums - 2, load<i16>(sums));
  store<i16>(sums + count * 2, load<i16>(sums + count * 2 - 2));
  const shift = down === 2 ? 4 : 2;
  const evenHalf = i16x8.splat(down === 2 ? 8 : 1);
  const oddHalf = i16x8.splat(down === 2 ? 7 : 2);
  for (let i = 0; i < count; i += 8) {
    const place = sums + i * 2;
    const middle = v128.mul<i16>(v128.load(place), three);
    const even = v128.shr<u16>(v128.add<i16>(v128.add<i16>(middle, v128.load(place - 2)), evenHalf), shift);
    const odd = v128.shr<u16>(v128.add<i16>(v128.add<i16>(middle, v128.load(place + 2)), oddHalf), shift);
    v128.store(target + i * 2, v128.or(even, v128.shl<i16>(odd, 8)));
  }
}

function writeRow(out: usize, luma: usize, blueRow: usize, redRow: usize, left: i32, right: i32): void {
  for (let x = left; x < right; x += 16) {
    convert(luma + x, blueRow + x, redRow + x);
    const red0 = red16;
    const green0 = green16;
    const blue0 = blue16;
    convert(luma + x + 8, blueRow + x + 8, redRow + x + 8);
    const red = v128.narrow<u16>(red0, red16);
    const green = v128.narrow<u16>(green0, green16);
    const blue = v128.narrow<u16>(blue0, blue16);
    // prettier-ignore
    const first = v128.shuffle<u8>(v128.shuffle<u8>(red, green, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5), blue, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15);
    // prettier-ignore
    const second = v128.shuffle<u8>(v128.shuffle<u8>(red, green, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26), blue, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15);
    // prettier-ignore
    const third = v128.shuffle<u8>(v128.shuffle<u8>(red, green, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0), blue, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31);
    const target = out + <usize>x * 3;
    v128.store(target, first);
    v128.store(target + 16, second);
    v128.store(target + 32, third);
  }
}

let red16: v128 = i64x2.splat(0);
let green16: v128 = i64x2.splat(0);
let blue16: v128 = i64x2.splat(0);

function share(low: v128, high: v128, ofBlue: i16, ofRed: i16): v128 {
  const half = i32x4.splat(32768);
  return v128.narrow<i32>(
    v128.shr<i32>(v128.add<i32>(dot(low, ofBlue, ofRed), half), 16),
    v128.shr<i32>(v128.add<i32>(dot(high, ofBlue, ofRed), half), 16),
  );
}

/** ITU-R BT.601 in 16-bit fractions; what exceeds them is taken off first: 1.402 = 1 + 0.402, 1.772 = 2 - 0.228, 0.71414 = 1 - 0.28586. */
function convert(luma: usize, blueRow: usize, redRow: usize): void {
  const middle = i16x8.splat(128);
  const y = v128.load_ext<u8>(luma);
  const cb = v128.sub<i16>(v128.load_ext<u8>(blueRow), middle);
  const cr = v128.sub<i16>(v128.load_ext<u8>(redRow), middle);
  const low = pairsLow(cb, cr);
  const high = pairsHigh(cb, cr);
  red16 = v128.add<i16>(v128.add<i16>(y, cr), share(low, high, 0, 26345));
  green16 = v128.sub<i16>(v128.add<i16>(y, share(low, high, -22554, 18734)), cr);
  blue16 = v128.add<i16>(v128.add<i16>(y, v128.add<i16>(cb, cb)), share(low, high, -14942, 0));
}

/** Repeats the grey plane as RGB rows. */
export function writeGrey(out: usize, width: i32, height: i32): void {
  for (let y = 0; y < height; y++) {
    const luma = <usize>field(0, 0) + <usize>y * field(0, 1);
    let target = out + <usize>y * width * 3;
    for (let x = 0; x < width; x++, target += 3) {
      const value = load<u8>(luma + x);
      store<u8>(target, value);
      store<u8>(target + 1, value);
      store<u8>(target + 2, value);
    }
  }
}
