/**
 * Baseline JPEG to RGB bytes, bit for bit as libjpeg-turbo decodes it by default: exact inverse transform, smooth upsampling.
 *
 * Huffman-coded, 8 bits, one scan; grey, or YCbCr whose colour is sampled 1x1, 2x1 or 2x2. Whatever is out of the ordinary ends
 * with an answer other than 0, and the caller takes another decoder.
 *
 * Sources: ITU-T T.81, annex F; libjpeg-turbo, jidctint.c and jidctint-sse2.asm (the transform in 16-bit products, whose order
 * decides what saturates), jdsample.c (h2v1_fancy_upsample, h2v2_fancy_upsample), jdcolor.c and jdcolext-sse2.asm.
 */

/**
 * Tables of one Huffman code. First 1024 entries for the next 10 bits, 32 bits each:
 *
 * - bits 0 to 5: how many bits it takes; 0 for a longer code
 * - bits 6 and 7: what it is, {@link VALUE}, {@link SIZE} or {@link END}
 * - bits 8 to 12: by how much the coefficient's index grows
 * - bits 16 to 31: the value, or the size of the value that follows
 *
 * Then the limits of longer codes, the symbols, and the file's own bytes, by which the same code is known again.
 */
const LOOK_BITS = 10;
const LOOK_BYTES = 4 << LOOK_BITS;
const LIMITS = LOOK_BYTES;
const OFFSETS = LIMITS + 18 * 4;
const SYMBOLS = OFFSETS + 18 * 4;
const SOURCE = SYMBOLS + 256;
const SOURCE_COUNT = SOURCE + 272;
const CODE_BYTES = SOURCE_COUNT + 16;

/** An entry that holds code and value. */
const VALUE = 0x40;
/** An entry that holds the code alone: its value's bits follow. */
const SIZE = 0x80;
/** An entry without a value: the block's end, or sixteen zeros. */
const END = 0xc0;

/**
 * For an AC code, what the next 10 bits hold in whole: one coefficient or two, and the block's end. 64 bits each:
 *
 * - bits 0 to 5: how many bits it takes
 * - bit 6: {@link PAIR_END}, the block's end is among them
 * - bits 8 to 15 and 16 to 23: twice by how much the coefficient's index grows to the first and to the second; one alone stands twice
 * - bits 24 to 31: twice by how much it grows in all; {@link PAIR_NONE} where there is no whole coefficient, or sixteen zeros
 * - bits 32 to 47 and 48 to 63: the values
 */
const PAIR_BYTES = 8 << LOOK_BITS;
const PAIR_END = 0x40;
const PAIR_NONE = 64;
/** The growth to a place outside of the block, where nothing is read: for the block's end alone. */
const OUTSIDE = 64;

/** Of zigzag order as addresses of coefficients, with places outside for as much growth; and of a block with such a place. */
const ORDER_BYTES = 2 * 128;
const BLOCK_BYTES = 128 + 16;
/** What the blocks of an MCU take at most: 6 of 64 coefficients of 16 + 15 bits. */
const MCU_BYTES = 1536;

/** Where things lie in memory: four codes (two for DC, two for AC), four tables of quantization, one block, the AC codes' pairs, three components. */
const CODES: usize = 1024;
const QUANTIZATION: usize = CODES + 4 * CODE_BYTES;
const NATURAL_ORDER: usize = QUANTIZATION + 4 * 128;
const BLOCK: usize = (NATURAL_ORDER + ORDER_BYTES + 255) & ~255;
const PAIRS: usize = BLOCK + BLOCK_BYTES;
/** Bytes at the start of memory that the decoder uses; the caller's data lie behind them. */
const RESERVED: usize = 49152;

export const reservedBytes: i32 = <i32>RESERVED;

/**
 * A segment's bytes, without those that only keep it from markers, stand from behind to front, so that eight of them are read as one number:
 * where the next eight are, and the last.
 */
let input: usize = 0;
let inputEnd: usize = 0;
/** The next bits, from the upper end down, and how many of them count. */
let bitBuffer: u64 = 0;
let bitCount: i32 = 0;
/** The marker in the file that ends the segment. */
let segmentEnd: usize = 0;

/** Makes a code's tables from the counts of its 16 lengths and its symbols, at `source`; false for counts that are no code. */
export function defineCode(index: i32, source: usize, symbolCount: i32): bool {
  const table = CODES + index * CODE_BYTES;
  const isDc = index < 2;
  if (load<i32>(table + SOURCE_COUNT) === symbolCount + 1 && isSame(table + SOURCE, source, 16 + symbolCount)) return true;
  memory.fill(table, 0, CODE_BYTES);
  memory.copy(table + SYMBOLS, source + 16, symbolCount);
  let code = 0;
  let symbol = 0;
  for (let length = 1; length <= 16; length++) {
    const count = <i32>load<u8>(source + length - 1);
    store<i32>(table + OFFSETS + length * 4, symbol - code);
    for (let i = 0; i < count; i++, code++, symbol++) {
      if (length > LOOK_BITS) continue;
      const first = code << (LOOK_BITS - length);
      const last = min((code + 1) << (LOOK_BITS - length), 1 << LOOK_BITS);
      for (let look = first; look < last; look++) {
        store<i32>(table + look * 4, entryOf(load<u8>(table + SYMBOLS + symbol), length, look, isDc));
      }
    }
    if (code > 1 << length) return false;
    // Codes of this length are below the limit.
    store<i32>(table + LIMITS + length * 4, count > 0 ? code : -1);
    code <<= 1;
  }
  if (symbol !== symbolCount) return false;
  if (!isDc) pairUp(table, PAIRS + (index - 2) * PAIR_BYTES);
  memory.copy(table + SOURCE, source, 16 + symbolCount);
  store<i32>(table + SOURCE_COUNT, symbolCount + 1);
  return true;
}

function isSame(left: usize, right: usize, byteLength: i32): bool {
  for (let i = 0; i < byteLength; i++) if (load<u8>(left + i) !== load<u8>(right + i)) return false;
  return true;
}

/** The entry for bits that begin with the code, `length` long, of a symbol. */
function entryOf(symbol: i32, length: i32, look: i32, isDc: bool): i32 {
  const size = isDc ? symbol : symbol & 15;
  const growth = isDc ? 0 : (symbol >> 4) + 1;
  // Of AC codes without a value 15 zeros and one more go on, all others end the block.
  if (!isDc && size === 0) return length | END | ((growth === 16 ? 16 : 0) << 8);
  if (size > 0 && length + size > LOOK_BITS) return length | SIZE | (growth << 8) | (size << 16);
  const bits = (look >> (LOOK_BITS - length - size)) & ((1 << size) - 1);
  const value = size > 0 && bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits;
  return (length + size) | VALUE | (growth << 8) | (value << 16);
}

/** Writes the pairs of an AC code from its single entries. */
function pairUp(table: usize, pairs: usize): void {
  for (let look = 0; look < 1 << LOOK_BITS; look++) store<u64>(pairs + look * 8, pairOf(table, look));
}

function pairOf(table: usize, look: i32): u64 {
  const first = load<i32>(table + look * 4);
  if (isBlockEnd(first)) return packPair(first & 63, PAIR_END, OUTSIDE, OUTSIDE, 0, 0, 0);
  if ((first & END) !== VALUE) return packPair(0, 0, OUTSIDE, OUTSIDE, PAIR_NONE, 0, 0);
  const growth = growthOf(first);
  let length = first & 63;
  const second = entryWithin(table, look, length);
  if (isBlockEnd(second)) return packPair(length + (second & 63), PAIR_END, growth, growth, growth, first >> 16, first >> 16);
  if ((second & END) !== VALUE) return packPair(length, 0, growth, growth, growth, first >> 16, first >> 16);
  length += second & 63;
  const both = growth + growthOf(second);
  const third = entryWithin(table, look, length);
  const isEnd = isBlockEnd(third);
  return packPair(length + (isEnd ? third & 63 : 0), isEnd ? PAIR_END : 0, growth, both, both, first >> 16, second >> 16);
}

/** The entry for what follows `used` of the bits; 0 where it takes more than there are. */
function entryWithin(table: usize, look: i32, used: i32): i32 {
  const entry = load<i32>(table + ((look << used) & ((1 << LOOK_BITS) - 1)) * 4);
  return (entry & 63) <= LOOK_BITS - used ? entry : 0;
}

function growthOf(entry: i32): i32 {
  return (entry >> 8) & 31;
}

function isBlockEnd(entry: i32): bool {
  return (entry & END) === END && growthOf(entry) === 0;
}

function packPair(length: i32, end: i32, first: i32, second: i32, growth: i32, value: i32, next: i32): u64 {
  const head = <u64>(<u32>(length | end | (first << 9) | (second << 17) | (growth << 25)));
  return head | (<u64>(value & 0xffff) << 32) | (<u64>(next & 0xffff) << 48);
}

/** Takes 64 factors in zigzag order, a byte each, at `source`. */
export function defineQuantization(index: i32, source: usize): void {
  const table = QUANTIZATION + index * 128;
  for (let k = 0; k < 64; k++) {
    store<i16>(table + load<u16>(NATURAL_ORDER + k * 2) - BLOCK, load<u8>(source + k));
  }
}

/** Writes the table that turns zigzag order into rows; called once. */
export function initialize(): void {
  let row = 0;
  let column = 0;
  for (let k = 64; k < 128; k++) store<u16>(NATURAL_ORDER + k * 2, <u16>(BLOCK + OUTSIDE * 2));
  for (let k = 0; k < 64; k++) {
    store<u16>(NATURAL_ORDER + k * 2, <u16>(BLOCK + (row * 8 + column) * 2));
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

/**
 * Copies the file's bytes from `source` to the next marker, at most to `end`, to before `target`, from behind to front. Of 0xff 0x00, which stands
 * for a byte 0xff, the zero is left out; behind the last byte lie some zeros.
 */
function openSegment(source: usize, end: usize, target: usize): void {
  const ones = i8x16.splat(-1);
  input = target - 8;
  while (source < end) {
    const bytes = v128.load(source);
    const found = i8x16.bitmask(v128.eq<i8>(bytes, ones));
    const clean = min<usize>(found === 0 ? 16 : ctz(found), end - source);
    v128.store(target - 16, v128.shuffle<u8>(bytes, bytes, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    source += clean;
    target -= clean;
    if (clean === 16 || source >= end) continue;
    if (source + 1 >= end || load<u8>(source + 1) !== 0) break;
    source += 2;
    target--;
    store<u8>(target, 0xff);
  }
  v128.store(target - 16, i64x2.splat(0));
  inputEnd = target - 8;
  segmentEnd = source;
  bitBuffer = 0;
  bitCount = 0;
}

/** Bits of the segment that were not read; fewer than none where reading went beyond its end. */
function bitsLeft(): i32 {
  return (<i32>(input - inputEnd) << 3) + bitCount;
}

/**
 * The entry of a code that is longer than the table's bits, or 0.
 *
 * @param bits The next bits, from the upper end down.
 */
function longEntry(table: usize, bits: u64, isDc: bool): i32 {
  for (let length = LOOK_BITS + 1; length <= 16; length++) {
    const code = <i32>(bits >> (64 - length));
    if (code < load<i32>(table + LIMITS + length * 4)) {
      return entryOf(load<u8>(table + SYMBOLS + code + load<i32>(table + OFFSETS + length * 4)), length, 0, isDc);
    }
  }
  return 0;
}

/** The DC value, which goes on from block to block. */
let predicted: i32 = 0;
/** Twice the last coefficient's index. */
let reached: usize = 0;
/** The addresses of all coefficients beside DC that are not 0, as bits of each other. */
let addresses: usize = 0;

/** Fills the buffer to 56 bits at least; what lies below those that count is the same as what is filled in. */
// @ts-ignore: decorator
@inline
function refill(): void {
  bitBuffer |= load<u64>(input) >> bitCount;
  input -= (63 - bitCount) >> 3;
  bitCount |= 56;
}

/** Takes `size` bits as a value of that size. */
function takeValue(size: i32): i32 {
  const value = <i32>(bitBuffer >> (64 - size));
  bitBuffer <<= size;
  bitCount -= size;
  return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
}

/**
 * Reads one block's coefficients.
 *
 * @param pairs The AC code's.
 * @returns The places of all that are not 0 beside DC, as bits of each other: from 8 on where any lies below the first row; -1 for what
 *   is no such data.
 */
function decodeBlock(dc: usize, ac: usize, pairs: usize): i32 {
  v128.store(BLOCK, i64x2.splat(0));
  v128.store(BLOCK, i64x2.splat(0), 16);
  v128.store(BLOCK, i64x2.splat(0), 32);
  v128.store(BLOCK, i64x2.splat(0), 48);
  v128.store(BLOCK, i64x2.splat(0), 64);
  v128.store(BLOCK, i64x2.splat(0), 80);
  v128.store(BLOCK, i64x2.splat(0), 96);
  v128.store(BLOCK, i64x2.splat(0), 112);
  refill();
  let entry = load<i32>(dc + (<usize>(bitBuffer >> (64 - LOOK_BITS)) << 2));
  if (entry === 0) entry = longEntry(dc, bitBuffer, true);
  if (entry === 0) return -1;
  bitBuffer <<= entry & 63;
  bitCount -= entry & 63;
  let value = entry >> 16;
  if ((entry & END) === SIZE) {
    if (value > 11) return -1;
    value = takeValue(value);
  }
  predicted += value;
  store<i16>(BLOCK, <i16>predicted);
  reached = 0;
  addresses = 0;
  while (!decodePairs(pairs)) {
    // A long code or value, sixteen zeros, or perhaps the last coefficient, behind which the next block begins.
    refill();
    entry = load<i32>(ac + (<usize>(bitBuffer >> (64 - LOOK_BITS)) << 2));
    if (entry === 0) entry = longEntry(ac, bitBuffer, false);
    if (entry === 0) return -1;
    bitBuffer <<= entry & 63;
    bitCount -= entry & 63;
    if (isBlockEnd(entry)) break;
    reached += growthOf(entry) * 2;
    if ((entry & END) !== END) {
      if (reached > 63 * 2) return -1;
      value = (entry & VALUE) === 0 ? takeValue(entry >> 16) : entry >> 16;
      const address = <usize>load<u16>(NATURAL_ORDER + reached);
      store<i16>(address, <i16>value);
      addresses |= address;
    }
    if (reached >= 63 * 2) break;
  }
  return <i32>(addresses >> 1) & 63;
}

/**
 * Reads coefficients as far as {@link PAIRS} has them; true at the block's end.
 *
 * A function of its own, without calls and written out five times: V8 keeps all in registers.
 */
function decodePairs(pairs: usize): bool {
  let from = input;
  let bits = bitBuffer;
  let count = bitCount;
  let place = reached;
  let any = addresses;
  let isEnd = false;
  for (;;) {
    bits |= load<u64>(from) >> count;
    from -= (63 - count) >> 3;
    count |= 56;
    // Five times ten bits: no look at how many are left between them.
    const pair1 = pairAt(pairs, bits);
    const grown1 = place + (<usize>(<u32>pair1) >> 24);
    if (grown1 >= 63 * 2) break;
    any |= storePair(place, pair1);
    bits <<= pair1;
    count -= <i32>pair1 & 63;
    place = grown1;
    if ((<i32>pair1 & PAIR_END) !== 0) {
      isEnd = true;
      break;
    }
    const pair2 = pairAt(pairs, bits);
    const grown2 = place + (<usize>(<u32>pair2) >> 24);
    if (grown2 >= 63 * 2) break;
    any |= storePair(place, pair2);
    bits <<= pair2;
    count -= <i32>pair2 & 63;
    place = grown2;
    if ((<i32>pair2 & PAIR_END) !== 0) {
      isEnd = true;
      break;
    }
    const pair3 = pairAt(pairs, bits);
    const grown3 = place + (<usize>(<u32>pair3) >> 24);
    if (grown3 >= 63 * 2) break;
    any |= storePair(place, pair3);
    bits <<= pair3;
    count -= <i32>pair3 & 63;
    place = grown3;
    if ((<i32>pair3 & PAIR_END) !== 0) {
      isEnd = true;
      break;
    }
    const pair4 = pairAt(pairs, bits);
    const grown4 = place + (<usize>(<u32>pair4) >> 24);
    if (grown4 >= 63 * 2) break;
    any |= storePair(place, pair4);
    bits <<= pair4;
    count -= <i32>pair4 & 63;
    place = grown4;
    if ((<i32>pair4 & PAIR_END) !== 0) {
      isEnd = true;
      break;
    }
    const pair5 = pairAt(pairs, bits);
    const grown5 = place + (<usize>(<u32>pair5) >> 24);
    if (grown5 >= 63 * 2) break;
    any |= storePair(place, pair5);
    bits <<= pair5;
    count -= <i32>pair5 & 63;
    place = grown5;
    if ((<i32>pair5 & PAIR_END) !== 0) {
      isEnd = true;
      break;
    }
  }
  input = from;
  bitBuffer = bits;
  bitCount = count;
  reached = place;
  addresses = any;
  return isEnd;
}

// @ts-ignore: decorator
@inline
function pairAt(pairs: usize, bits: u64): u64 {
  return load<u64>(pairs + (<usize>(bits >> (64 - LOOK_BITS)) << 3));
}

/** Stores a pair's coefficients; their addresses, as bits of each other. */
// @ts-ignore: decorator
@inline
function storePair(place: usize, pair: u64): usize {
  const first = <usize>load<u16>(NATURAL_ORDER + place + ((<usize>pair >> 8) & 255));
  const second = <usize>load<u16>(NATURAL_ORDER + place + ((<usize>pair >> 16) & 255));
  store<i16>(first, <i16>(pair >> 32));
  store<i16>(second, <i16>(pair >> 48));
  return first | second;
}

// @ts-ignore: decorator
@inline
function pairsLow(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

// @ts-ignore: decorator
@inline
function pairsHigh(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

// @ts-ignore: decorator
@inline
function sum(a: v128, b: v128): v128 {
  return v128.add<i32>(a, b);
}

// @ts-ignore: decorator
@inline
function difference(a: v128, b: v128): v128 {
  return v128.sub<i32>(a, b);
}

// @ts-ignore: decorator
@inline
function narrowed(low: v128, high: v128, shift: i32): v128 {
  return v128.narrow<i32>(v128.shr<i32>(low, shift), v128.shr<i32>(high, shift));
}

// @ts-ignore: decorator
@inline
function low32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 4, 1, 5);
}

// @ts-ignore: decorator
@inline
function high32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 2, 6, 3, 7);
}

// @ts-ignore: decorator
@inline
function low64(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 0, 2);
}

// @ts-ignore: decorator
@inline
function high64(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 1, 3);
}

// @ts-ignore: decorator
@inline
function loadRow(table: usize, row: usize): v128 {
  return v128.mul<i16>(v128.load(BLOCK + row * 16), v128.load(table + row * 16));
}

/** Two rows, saturated about 0, then moved to the middle of the bytes. */
// @ts-ignore: decorator
@inline
function storeRows(target: usize, stride: usize, first: v128, second: v128): void {
  const bytes = v128.xor(v128.narrow<i16>(first, second), v128.load(FACTORS, 160));
  v128.store_lane<i64>(target, bytes, 0);
  v128.store_lane<i64>(target + stride, bytes, 1);
}

/**
 * Pairs of jidctint's constants, in 13 bits; what rounds in the first pass and in the second; the sign of each byte. In memory: as
 * constants of the code they would be made anew at each use.
 */
// prettier-ignore
const FACTORS = memory.data<i16>([
  10703, 4433, 10703, 4433, 10703, 4433, 10703, 4433,
  4433, -10704, 4433, -10704, 4433, -10704, 4433, -10704,
  -6436, 9633, -6436, 9633, -6436, 9633, -6436, 9633,
  9633, 6437, 9633, 6437, 9633, 6437, 9633, 6437,
  -4927, -7373, -4927, -7373, -4927, -7373, -4927, -7373,
  -7373, 4926, -7373, 4926, -7373, 4926, -7373, 4926,
  -4176, -20995, -4176, -20995, -4176, -20995, -4176, -20995,
  -20995, 4177, -20995, 4177, -20995, 4177, -20995, 4177,
  1024, 0, 1024, 0, 1024, 0, 1024, 0,
  0, 2, 0, 2, 0, 2, 0, 2,
  -32640, -32640, -32640, -32640, -32640, -32640, -32640, -32640,
], 16);

/**
 * Transforms a block into 8 x 8 samples: jidctint's two passes, each over the columns of the rows.
 *
 * One function, in locals: what passes from one function to another goes through memory.
 *
 * @param places As {@link decodeBlock} returns them.
 */
function storeBlock(table: usize, places: i32, target: usize, stride: usize): void {
  let row0 = loadRow(table, 0);
  let row1: v128, row2: v128, row3: v128, row4: v128, row5: v128, row6: v128, row7: v128;
  if (places < 8) {
    // libjpeg-turbo's short way for a block without coefficients below its first row, which wraps where the long one saturates.
    row0 = v128.shl<i16>(row0, 2);
    row1 = row0;
    row2 = row0;
    row3 = row0;
    row4 = row0;
    row5 = row0;
    row6 = row0;
    row7 = row0;
  } else {
    row1 = loadRow(table, 1);
    row2 = loadRow(table, 2);
    row3 = loadRow(table, 3);
    row4 = loadRow(table, 4);
    row5 = loadRow(table, 5);
    row6 = loadRow(table, 6);
    row7 = loadRow(table, 7);

    let pairsal = pairsLow(row2, row6);
    let pairsah = pairsHigh(row2, row6);
    let factorsa = v128.load(FACTORS);
    const ta3l = v128.dot<i16>(pairsal, factorsa);
    const ta3h = v128.dot<i16>(pairsah, factorsa);
    factorsa = v128.load(FACTORS, 16);
    const ta2l = v128.dot<i16>(pairsal, factorsa);
    const ta2h = v128.dot<i16>(pairsah, factorsa);
    const halfa = v128.load(FACTORS, 128);
    const addeda = v128.add<i16>(row0, row4);
    const takena = v128.sub<i16>(row0, row4);
    const ta0l = sum(v128.shl<i32>(v128.extend_low<i16>(addeda), 13), halfa);
    const ta0h = sum(v128.shl<i32>(v128.extend_high<i16>(addeda), 13), halfa);
    const ta1l = sum(v128.shl<i32>(v128.extend_low<i16>(takena), 13), halfa);
    const ta1h = sum(v128.shl<i32>(v128.extend_high<i16>(takena), 13), halfa);

    const z3a = v128.add<i16>(row7, row3);
    const z4a = v128.add<i16>(row5, row1);
    pairsal = pairsLow(z3a, z4a);
    pairsah = pairsHigh(z3a, z4a);
    factorsa = v128.load(FACTORS, 32);
    const z3la = v128.dot<i16>(pairsal, factorsa);
    const z3ha = v128.dot<i16>(pairsah, factorsa);
    factorsa = v128.load(FACTORS, 48);
    const z4la = v128.dot<i16>(pairsal, factorsa);
    const z4ha = v128.dot<i16>(pairsah, factorsa);
    pairsal = pairsLow(row7, row1);
    pairsah = pairsHigh(row7, row1);
    factorsa = v128.load(FACTORS, 64);
    const o0la = sum(v128.dot<i16>(pairsal, factorsa), z3la);
    const o0ha = sum(v128.dot<i16>(pairsah, factorsa), z3ha);
    factorsa = v128.load(FACTORS, 80);
    const o3la = sum(v128.dot<i16>(pairsal, factorsa), z4la);
    const o3ha = sum(v128.dot<i16>(pairsah, factorsa), z4ha);
    pairsal = pairsLow(row5, row3);
    pairsah = pairsHigh(row5, row3);
    factorsa = v128.load(FACTORS, 96);
    const o1la = sum(v128.dot<i16>(pairsal, factorsa), z4la);
    const o1ha = sum(v128.dot<i16>(pairsah, factorsa), z4ha);
    factorsa = v128.load(FACTORS, 112);
    const o2la = sum(v128.dot<i16>(pairsal, factorsa), z3la);
    const o2ha = sum(v128.dot<i16>(pairsah, factorsa), z3ha);

    let lowa = sum(ta0l, ta3l);
    let higha = sum(ta0h, ta3h);
    row0 = narrowed(sum(lowa, o3la), sum(higha, o3ha), 11);
    row7 = narrowed(difference(lowa, o3la), difference(higha, o3ha), 11);
    lowa = sum(ta1l, ta2l);
    higha = sum(ta1h, ta2h);
    row1 = narrowed(sum(lowa, o2la), sum(higha, o2ha), 11);
    row6 = narrowed(difference(lowa, o2la), difference(higha, o2ha), 11);
    lowa = difference(ta1l, ta2l);
    higha = difference(ta1h, ta2h);
    row2 = narrowed(sum(lowa, o1la), sum(higha, o1ha), 11);
    row5 = narrowed(difference(lowa, o1la), difference(higha, o1ha), 11);
    lowa = difference(ta0l, ta3l);
    higha = difference(ta0h, ta3h);
    row3 = narrowed(sum(lowa, o0la), sum(higha, o0ha), 11);
    row4 = narrowed(difference(lowa, o0la), difference(higha, o0ha), 11);
  }

  const a0x = pairsLow(row0, row1);
  const a1x = pairsHigh(row0, row1);
  const a2x = pairsLow(row2, row3);
  const a3x = pairsHigh(row2, row3);
  const a4x = pairsLow(row4, row5);
  const a5x = pairsHigh(row4, row5);
  const a6x = pairsLow(row6, row7);
  const a7x = pairsHigh(row6, row7);
  const b0x = low32(a0x, a2x);
  const b1x = high32(a0x, a2x);
  const b2x = low32(a1x, a3x);
  const b3x = high32(a1x, a3x);
  const b4x = low32(a4x, a6x);
  const b5x = high32(a4x, a6x);
  const b6x = low32(a5x, a7x);
  const b7x = high32(a5x, a7x);
  row0 = low64(b0x, b4x);
  row1 = high64(b0x, b4x);
  row2 = low64(b1x, b5x);
  row3 = high64(b1x, b5x);
  row4 = low64(b2x, b6x);
  row5 = high64(b2x, b6x);
  row6 = low64(b3x, b7x);
  row7 = high64(b3x, b7x);

  let pairsbl = pairsLow(row2, row6);
  let pairsbh = pairsHigh(row2, row6);
  let factorsb = v128.load(FACTORS);
  const tb3l = v128.dot<i16>(pairsbl, factorsb);
  const tb3h = v128.dot<i16>(pairsbh, factorsb);
  factorsb = v128.load(FACTORS, 16);
  const tb2l = v128.dot<i16>(pairsbl, factorsb);
  const tb2h = v128.dot<i16>(pairsbh, factorsb);
  const halfb = v128.load(FACTORS, 144);
  const addedb = v128.add<i16>(row0, row4);
  const takenb = v128.sub<i16>(row0, row4);
  const tb0l = sum(v128.shl<i32>(v128.extend_low<i16>(addedb), 13), halfb);
  const tb0h = sum(v128.shl<i32>(v128.extend_high<i16>(addedb), 13), halfb);
  const tb1l = sum(v128.shl<i32>(v128.extend_low<i16>(takenb), 13), halfb);
  const tb1h = sum(v128.shl<i32>(v128.extend_high<i16>(takenb), 13), halfb);

  const z3b = v128.add<i16>(row7, row3);
  const z4b = v128.add<i16>(row5, row1);
  pairsbl = pairsLow(z3b, z4b);
  pairsbh = pairsHigh(z3b, z4b);
  factorsb = v128.load(FACTORS, 32);
  const z3lb = v128.dot<i16>(pairsbl, factorsb);
  const z3hb = v128.dot<i16>(pairsbh, factorsb);
  factorsb = v128.load(FACTORS, 48);
  const z4lb = v128.dot<i16>(pairsbl, factorsb);
  const z4hb = v128.dot<i16>(pairsbh, factorsb);
  pairsbl = pairsLow(row7, row1);
  pairsbh = pairsHigh(row7, row1);
  factorsb = v128.load(FACTORS, 64);
  const o0lb = sum(v128.dot<i16>(pairsbl, factorsb), z3lb);
  const o0hb = sum(v128.dot<i16>(pairsbh, factorsb), z3hb);
  factorsb = v128.load(FACTORS, 80);
  const o3lb = sum(v128.dot<i16>(pairsbl, factorsb), z4lb);
  const o3hb = sum(v128.dot<i16>(pairsbh, factorsb), z4hb);
  pairsbl = pairsLow(row5, row3);
  pairsbh = pairsHigh(row5, row3);
  factorsb = v128.load(FACTORS, 96);
  const o1lb = sum(v128.dot<i16>(pairsbl, factorsb), z4lb);
  const o1hb = sum(v128.dot<i16>(pairsbh, factorsb), z4hb);
  factorsb = v128.load(FACTORS, 112);
  const o2lb = sum(v128.dot<i16>(pairsbl, factorsb), z3lb);
  const o2hb = sum(v128.dot<i16>(pairsbh, factorsb), z3hb);

  let lowb = sum(tb0l, tb3l);
  let highb = sum(tb0h, tb3h);
  row0 = narrowed(sum(lowb, o3lb), sum(highb, o3hb), 18);
  row7 = narrowed(difference(lowb, o3lb), difference(highb, o3hb), 18);
  lowb = sum(tb1l, tb2l);
  highb = sum(tb1h, tb2h);
  row1 = narrowed(sum(lowb, o2lb), sum(highb, o2hb), 18);
  row6 = narrowed(difference(lowb, o2lb), difference(highb, o2hb), 18);
  lowb = difference(tb1l, tb2l);
  highb = difference(tb1h, tb2h);
  row2 = narrowed(sum(lowb, o1lb), sum(highb, o1hb), 18);
  row5 = narrowed(difference(lowb, o1lb), difference(highb, o1hb), 18);
  lowb = difference(tb0l, tb3l);
  highb = difference(tb0h, tb3h);
  row3 = narrowed(sum(lowb, o0lb), sum(highb, o0hb), 18);
  row4 = narrowed(difference(lowb, o0lb), difference(highb, o0hb), 18);

  storeColumns(target, stride, row0, row1, row2, row3, row4, row5, row6, row7);
}

/** Stores eight columns of eight samples as rows. */
// @ts-ignore: decorator
@inline
function storeColumns(
  target: usize,
  stride: usize,
  row0: v128,
  row1: v128,
  row2: v128,
  row3: v128,
  row4: v128,
  row5: v128,
  row6: v128,
  row7: v128,
): void {
  const a0y = pairsLow(row0, row1);
  const a1y = pairsHigh(row0, row1);
  const a2y = pairsLow(row2, row3);
  const a3y = pairsHigh(row2, row3);
  const a4y = pairsLow(row4, row5);
  const a5y = pairsHigh(row4, row5);
  const a6y = pairsLow(row6, row7);
  const a7y = pairsHigh(row6, row7);
  const b0y = low32(a0y, a2y);
  const b1y = high32(a0y, a2y);
  const b2y = low32(a1y, a3y);
  const b3y = high32(a1y, a3y);
  const b4y = low32(a4y, a6y);
  const b5y = high32(a4y, a6y);
  const b6y = low32(a5y, a7y);
  const b7y = high32(a5y, a7y);
  storeRows(target, stride, low64(b0y, b4y), high64(b0y, b4y));
  storeRows(target + stride * 2, stride, low64(b1y, b5y), high64(b1y, b5y));
  storeRows(target + stride * 4, stride, low64(b2y, b6y), high64(b2y, b6y));
  storeRows(target + stride * 6, stride, low64(b3y, b7y), high64(b3y, b7y));
}

/** What is not 0 outside of the first four rows and columns, as places. */
const OUTSIDE_QUARTER = 0x24;

/** Pairs of constants for rows 1 and 3, then for rows 0 and 2: those of {@link FACTORS}, added where they meet. */
// prettier-ignore
const QUARTER_FACTORS = memory.data<i16>([
  2260, -6436, 2260, -6436, 2260, -6436, 2260, -6436,
  6437, -11362, 6437, -11362, 6437, -11362, 6437, -11362,
  9633, -2259, 9633, -2259, 9633, -2259, 9633, -2259,
  11363, 9633, 11363, 9633, 11363, 9633, 11363, 9633,
  8192, -10703, 8192, -10703, 8192, -10703, 8192, -10703,
  8192, -4433, 8192, -4433, 8192, -4433, 8192, -4433,
  8192, 4433, 8192, 4433, 8192, 4433, 8192, 4433,
  8192, 10703, 8192, 10703, 8192, 10703, 8192, 10703,
], 16);

/**
 * As {@link storeBlock}, for a block of which nothing lies outside of the first four rows and columns: the same sums without what is 0.
 *
 * Two blocks in five of a photograph are such.
 */
function storeQuarterBlock(table: usize, target: usize, stride: usize): void {
  let row0 = loadRow(table, 0);
  let row1 = loadRow(table, 1);
  let row2 = loadRow(table, 2);
  let row3 = loadRow(table, 3);
  // Four columns: the lower half of each row.
  let odds = pairsLow(row1, row3);
  let evens = pairsLow(row0, row2);
  const half0 = v128.load(FACTORS, 128);
  const p0 = v128.dot<i16>(odds, v128.load(QUARTER_FACTORS));
  const p1 = v128.dot<i16>(odds, v128.load(QUARTER_FACTORS, 16));
  const p2 = v128.dot<i16>(odds, v128.load(QUARTER_FACTORS, 32));
  const p3 = v128.dot<i16>(odds, v128.load(QUARTER_FACTORS, 48));
  const q0 = sum(v128.dot<i16>(evens, v128.load(QUARTER_FACTORS, 64)), half0);
  const q1 = sum(v128.dot<i16>(evens, v128.load(QUARTER_FACTORS, 80)), half0);
  const q2 = sum(v128.dot<i16>(evens, v128.load(QUARTER_FACTORS, 96)), half0);
  const q3 = sum(v128.dot<i16>(evens, v128.load(QUARTER_FACTORS, 112)), half0);
  const x0 = narrowed(sum(q3, p3), difference(q0, p0), 11);
  const x1 = narrowed(sum(q2, p2), difference(q1, p1), 11);
  const x2 = narrowed(sum(q1, p1), difference(q2, p2), 11);
  const x3 = narrowed(sum(q0, p0), difference(q3, p3), 11);
  const u0 = pairsLow(x0, x1);
  const u1 = pairsHigh(x0, x1);
  const u2 = pairsLow(x2, x3);
  const u3 = pairsHigh(x2, x3);
  const v0 = low32(u0, u2);
  const v1 = high32(u0, u2);
  const v2 = low32(u1, u3);
  const v3 = high32(u1, u3);
  row0 = low64(v0, v2);
  row1 = high64(v0, v2);
  row2 = low64(v1, v3);
  row3 = high64(v1, v3);

  odds = pairsLow(row1, row3);
  evens = pairsLow(row0, row2);
  const oddsh = pairsHigh(row1, row3);
  const evensh = pairsHigh(row0, row2);
  const half1 = v128.load(FACTORS, 144);
  let odd = v128.load(QUARTER_FACTORS, 48);
  let even = v128.load(QUARTER_FACTORS, 112);
  let ol = v128.dot<i16>(odds, odd);
  let oh = v128.dot<i16>(oddsh, odd);
  let el = sum(v128.dot<i16>(evens, even), half1);
  let eh = sum(v128.dot<i16>(evensh, even), half1);
  const out0 = narrowed(sum(el, ol), sum(eh, oh), 18);
  const out7 = narrowed(difference(el, ol), difference(eh, oh), 18);
  odd = v128.load(QUARTER_FACTORS, 32);
  even = v128.load(QUARTER_FACTORS, 96);
  ol = v128.dot<i16>(odds, odd);
  oh = v128.dot<i16>(oddsh, odd);
  el = sum(v128.dot<i16>(evens, even), half1);
  eh = sum(v128.dot<i16>(evensh, even), half1);
  const out1 = narrowed(sum(el, ol), sum(eh, oh), 18);
  const out6 = narrowed(difference(el, ol), difference(eh, oh), 18);
  odd = v128.load(QUARTER_FACTORS, 16);
  even = v128.load(QUARTER_FACTORS, 80);
  ol = v128.dot<i16>(odds, odd);
  oh = v128.dot<i16>(oddsh, odd);
  el = sum(v128.dot<i16>(evens, even), half1);
  eh = sum(v128.dot<i16>(evensh, even), half1);
  const out2 = narrowed(sum(el, ol), sum(eh, oh), 18);
  const out5 = narrowed(difference(el, ol), difference(eh, oh), 18);
  odd = v128.load(QUARTER_FACTORS);
  even = v128.load(QUARTER_FACTORS, 64);
  ol = v128.dot<i16>(odds, odd);
  oh = v128.dot<i16>(oddsh, odd);
  el = sum(v128.dot<i16>(evens, even), half1);
  eh = sum(v128.dot<i16>(evensh, even), half1);
  const out3 = narrowed(sum(el, ol), sum(eh, oh), 18);
  const out4 = narrowed(difference(el, ol), difference(eh, oh), 18);
  storeColumns(target, stride, out0, out1, out2, out3, out4, out5, out6, out7);
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
 * Of each block of an MCU: where its component's last DC value is, its codes for DC and AC and the pairs of the latter, its quantization, its
 * plane's stride, where it lies in the first MCU, and how much further in the next one across and down.
 */
const BLOCKS: usize = 640;
const BLOCK_FIELDS = 9;

/** Lists the blocks of an MCU; where the list ends. */
function listBlocks(components: i32): usize {
  let at = BLOCKS;
  for (let c = 0; c < components; c++) {
    const plane = field(c, 0);
    const stride = field(c, 1);
    const across = field(c, 2);
    const down = field(c, 3);
    for (let v = 0; v < down; v++) {
      for (let h = 0; h < across; h++, at += BLOCK_FIELDS * 4) {
        store<i32>(at, <i32>COMPONENTS + (c * <i32>FIELDS + 7) * 4);
        store<i32>(at, <i32>CODES + field(c, 5) * CODE_BYTES, 4);
        store<i32>(at, <i32>CODES + field(c, 6) * CODE_BYTES, 8);
        store<i32>(at, <i32>PAIRS + (field(c, 6) - 2) * PAIR_BYTES, 12);
        store<i32>(at, <i32>QUANTIZATION + field(c, 4) * 128, 16);
        store<i32>(at, stride, 20);
        store<i32>(at, plane + v * 8 * stride + h * 8, 24);
        store<i32>(at, across * 8, 28);
        store<i32>(at, down * 8 * stride, 32);
      }
    }
  }
  return at;
}

/**
 * Decodes the scan at `start` into the components' planes; 0, or where it is out of the ordinary the reason.
 *
 * @param scratch Room for as many bytes as the scan has, {@link MCU_BYTES} and 16.
 * @param restart MCUs between restart markers; 0 for none.
 * @param left The blocks of MCUs from here on, up to `right` and from `top` up to `bottom`, are transformed; what is outside is checked
 *   and left as it is.
 */
export function decodeScan(
  start: usize,
  end: usize,
  scratch: usize,
  components: i32,
  mcusAcross: i32,
  mcusDown: i32,
  restart: i32,
  left: i32,
  top: i32,
  right: i32,
  bottom: i32,
): i32 {
  const roomEnd = scratch + MCU_BYTES + 16 + (end - start);
  openSegment(start, end, roomEnd);
  const blocksEnd = listBlocks(components);
  let untilRestart = restart;
  let marker = 0;
  for (let c = 0; c < components; c++) store<i32>(COMPONENTS + (c * FIELDS + 7) * 4, 0);
  for (let y = 0; y < mcusDown; y++) {
    for (let x = 0; x < mcusAcross; x++) {
      if (restart > 0 && untilRestart === 0) {
        if (!isBefore(0xd0 + marker, end)) return 2;
        openSegment(segmentEnd + 2, end, roomEnd);
        marker = (marker + 1) & 7;
        untilRestart = restart;
        for (let c = 0; c < components; c++) store<i32>(COMPONENTS + (c * FIELDS + 7) * 4, 0);
      }
      untilRestart--;
      const isWanted = x >= left && x < right && y >= top && y < bottom;
      for (let block = BLOCKS; block < blocksEnd; block += BLOCK_FIELDS * 4) {
        const predictions = <usize>load<i32>(block);
        predicted = load<i32>(predictions);
        const places = decodeBlock(load<i32>(block, 4), load<i32>(block, 8), load<i32>(block, 12));
        if (places < 0) return 1;
        store<i32>(predictions, predicted);
        if (!isWanted) continue;
        const table = <usize>load<i32>(block, 16);
        const stride = <usize>load<i32>(block, 20);
        const target = <usize>(load<i32>(block, 24) + x * load<i32>(block, 28) + y * load<i32>(block, 32));
        if (places === 0) storeFlatBlock(table, target, stride);
        else if (places >= 8 && (places & OUTSIDE_QUARTER) === 0) storeQuarterBlock(table, target, stride);
        else storeBlock(table, places, target, stride);
      }
      if (bitsLeft() < 0) return 3;
    }
  }
  return isBefore(0xd9, end) ? 0 : 4;
}

/** Whether nothing but the rest of a byte is left of the segment, and `marker` follows. */
function isBefore(marker: i32, end: usize): bool {
  const left = bitsLeft();
  return left >= 0 && left < 8 && segmentEnd + 2 <= end && load<u8>(segmentEnd) === 0xff && load<u8>(segmentEnd + 1) === marker;
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

/**
 * Where each of 48 bytes of red, green and blue comes from: sixteen reds, of which the first eight are those of even pixels, then as many
 * greens, and blues; 128 for nowhere. Three vectors for each 16 bytes. Then what colour is converted by.
 */
// prettier-ignore
const ORDER = memory.data<u8>([
  0, 128, 128, 8, 128, 128, 1, 128, 128, 9, 128, 128, 2, 128, 128, 10,
  128, 0, 128, 128, 8, 128, 128, 1, 128, 128, 9, 128, 128, 2, 128, 128,
  128, 128, 0, 128, 128, 8, 128, 128, 1, 128, 128, 9, 128, 128, 2, 128,
  128, 128, 3, 128, 128, 11, 128, 128, 4, 128, 128, 12, 128, 128, 5, 128,
  10, 128, 128, 3, 128, 128, 11, 128, 128, 4, 128, 128, 12, 128, 128, 5,
  128, 10, 128, 128, 3, 128, 128, 11, 128, 128, 4, 128, 128, 12, 128, 128,
  128, 13, 128, 128, 6, 128, 128, 14, 128, 128, 7, 128, 128, 15, 128, 128,
  128, 128, 13, 128, 128, 6, 128, 128, 14, 128, 128, 7, 128, 128, 15, 128,
  5, 128, 128, 13, 128, 128, 6, 128, 128, 14, 128, 128, 7, 128, 128, 15,
], 16);

/** ITU-R BT.601 in 16-bit fractions: the parts of blue and red in green; half of those fractions; and 15-bit ones of red and of blue. */
// prettier-ignore
const COLORS = memory.data<i16>([
  -22554, 18734, -22554, 18734, -22554, 18734, -22554, 18734,
  -32768, 0, -32768, 0, -32768, 0, -32768, 0,
  13173, 13173, 13173, 13173, 13173, 13173, 13173, 13173,
  -7471, -7471, -7471, -7471, -7471, -7471, -7471, -7471,
  128, 128, 128, 128, 128, 128, 128, 128,
  255, 255, 255, 255, 255, 255, 255, 255,
], 16);

/** One row of RGB. What exceeds a fraction is taken off first: 1.402 = 1 + 0.402, 1.772 = 2 - 0.228, 0.71414 = 1 - 0.28586. */
function writeRow(out: usize, luma: usize, blueRow: usize, redRow: usize, left: i32, right: i32): void {
  for (let x = left; x < right; x += 16) {
    const middle = v128.load(COLORS, 64);
    const bytes = v128.load(COLORS, 80);
    // Even pixels and odd ones apart: the same bytes of each pair.
    const lumas = v128.load(luma + x);
    const blues = v128.load(blueRow + x);
    const reds = v128.load(redRow + x);
    const y0 = v128.and(lumas, bytes);
    const y1 = v128.shr<u16>(lumas, 8);
    const cb0 = v128.sub<i16>(v128.and(blues, bytes), middle);
    const cb1 = v128.sub<i16>(v128.shr<u16>(blues, 8), middle);
    const cr0 = v128.sub<i16>(v128.and(reds, bytes), middle);
    const cr1 = v128.sub<i16>(v128.shr<u16>(reds, 8), middle);
    const ofRed = v128.load(COLORS, 32);
    const ofBlue = v128.load(COLORS, 48);
    const red = v128.narrow<u16>(
      v128.add<i16>(v128.add<i16>(y0, cr0), i16x8.q15mulr_sat_s(cr0, ofRed)),
      v128.add<i16>(v128.add<i16>(y1, cr1), i16x8.q15mulr_sat_s(cr1, ofRed)),
    );
    const blue = v128.narrow<u16>(
      v128.add<i16>(v128.add<i16>(y0, v128.add<i16>(cb0, cb0)), i16x8.q15mulr_sat_s(cb0, ofBlue)),
      v128.add<i16>(v128.add<i16>(y1, v128.add<i16>(cb1, cb1)), i16x8.q15mulr_sat_s(cb1, ofBlue)),
    );
    const green = v128.narrow<u16>(
      v128.add<i16>(v128.sub<i16>(y0, cr0), shareOfGreen(cb0, cr0)),
      v128.add<i16>(v128.sub<i16>(y1, cr1), shareOfGreen(cb1, cr1)),
    );
    const target = out + <usize>x * 3;
    v128.store(target, inOrder(red, green, blue, 0));
    v128.store(target + 16, inOrder(red, green, blue, 48));
    v128.store(target + 32, inOrder(red, green, blue, 96));
  }
}

// @ts-ignore: decorator
@inline
function shareOfGreen(cb: v128, cr: v128): v128 {
  const factors = v128.load(COLORS);
  const half = v128.load(COLORS, 16);
  return v128.narrow<i32>(
    v128.shr<i32>(sum(v128.dot<i16>(pairsLow(cb, cr), factors), half), 16),
    v128.shr<i32>(sum(v128.dot<i16>(pairsHigh(cb, cr), factors), half), 16),
  );
}

// @ts-ignore: decorator
@inline
function inOrder(red: v128, green: v128, blue: v128, offset: usize): v128 {
  const order = ORDER + offset;
  return v128.or(
    v128.or(i8x16.swizzle(red, v128.load(order)), i8x16.swizzle(green, v128.load(order + 16))),
    i8x16.swizzle(blue, v128.load(order + 32)),
  );
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
