/**
 * Updates of weights by any rule: a program of vector operations runs over parts of a weight so small that what it keeps between them
 * stays in the nearest cache. A tile is some of one weight's values.
 *
 * Operands and results are pointers by number: first the weight's arrays, then registers of {@link PART_BYTES} in the thread's scratch.
 * Operands are multiplied by factors of their own; each product and sum is rounded by itself, as stock operations round them.
 */

/** What an operation does with its operands a, b, c and their factors s, t, u; src/engines/wasm/kernels/rule-update/rule-steps.ts has the same. */
const ADD: i32 = 0; // a * s + b * t
const MULTIPLY: i32 = 1; // (a * s) * (b * t)
const DIVIDE: i32 = 2; // (a * s) / (b * t)
const MAXIMUM: i32 = 3; // max(a * s, b * t)
const SHIFT: i32 = 4; // a * s + t
const ROOT: i32 = 5; // sqrt(a * s) + t
const SIGN: i32 = 6; // sign(a * s)
const FILL: i32 = 7; // s
const WHEN_POSITIVE: i32 = 8; // a * s > 0 ? b * t : c * u
const SQUARES: i32 = 9; // adds the sum of (a * s) * (a * s) to a sum

/** Bytes of a part: 512 values. */
const PART_BYTES: i32 = 2048;
/** From one register to the next: not a power of two, so that they do not share lines of the cache. */
const REGISTER_STRIDE: usize = 2048 + 64;
/** Layout of the scratch: pointers, then the last values of arrays whose number is no multiple of four, then registers. */
const TAILS: usize = 1024;
const REGISTERS: usize = 8192;

/** Words of an operation: what, result, a, b, c. */
const OPERATION_BYTES: usize = 20;
/** Bytes of an operation's factors. */
const FACTOR_BYTES: usize = 12;

/**
 * Arguments: table, bytes of a row. A row is a tile: count, program, factors, sums, then an address for each array. A program is numbers of
 * operations, arrays, registers, sums that begin with 0, a bit for each array that is written, then the operations.
 */
export function ruleTile(tile: i32, args: usize, scratch: usize): void {
  const row = <usize>load<u32>(args) + <usize>tile * <usize>load<u32>(args, 4);
  const count = load<i32>(row);
  const program = <usize>load<u32>(row, 4),
    factors = <usize>load<u32>(row, 8),
    sums = <usize>load<u32>(row, 12),
    arrays = row + 16;
  const arrayCount = <usize>load<u32>(program, 4),
    registerCount = load<i32>(program, 8);
  for (let i = 0; i < registerCount; ++i) {
    store<u32>(
      scratch + ((arrayCount + <usize>i) << 2),
      <u32>(scratch + REGISTERS + <usize>i * REGISTER_STRIDE),
    );
  }
  for (let done = 0; done < count;) {
    const rest = count - done;
    const values = rest < 4 ? rest : min(PART_BYTES >> 2, rest & ~3);
    // The last values, fewer than four, are updated in copies.
    const isCopied = values < 4;
    const start = <usize>done << 2,
      bytes = <usize>values << 2;
    for (let i: usize = 0; i < arrayCount; ++i) {
      let array = <usize>load<u32>(arrays + (i << 2)) + start;
      if (isCopied) {
        const copy = scratch + TAILS + (i << 4);
        v128.store(copy, f32x4.splat(0));
        memory.copy(copy, array, bytes);
        array = copy;
      }
      store<u32>(scratch + (i << 2), <u32>array);
    }
    runProgram(program, factors, sums, scratch, isCopied ? 16 : bytes, values);
    for (let i: usize = 0; isCopied && i < arrayCount; ++i) {
      if (((load<u32>(program, 16) >> <u32>i) & 1) == 0) continue;
      memory.copy(<usize>load<u32>(arrays + (i << 2)) + start, scratch + TAILS + (i << 4), bytes);
    }
    done += values;
  }
}

/** Runs all operations on one part; `count` values of it are the weight's. */
function runProgram(
  program: usize,
  factors: usize,
  sums: usize,
  pointers: usize,
  bytes: usize,
  count: i32,
): void {
  let operation = program + 20;
  const end = operation + <usize>load<i32>(program) * OPERATION_BYTES;
  for (; operation < end; operation += OPERATION_BYTES) {
    const y = load<i32>(operation, 4);
    const a = pointer(pointers, load<i32>(operation, 8)),
      b = pointer(pointers, load<i32>(operation, 12)),
      c = pointer(pointers, load<i32>(operation, 16));
    const s = f32x4.splat(load<f32>(factors)),
      t = f32x4.splat(load<f32>(factors, 4)),
      u = f32x4.splat(load<f32>(factors, 8));
    const what = load<i32>(operation);
    if (what == SQUARES) {
      const sum = sums + (<usize>y << 3);
      store<f64>(sum, load<f64>(sum) + sumOfSquares(a, s, count));
    } else {
      compute(what, pointer(pointers, y), a, b, c, s, t, u, bytes);
    }
    factors += FACTOR_BYTES;
  }
}

// @ts-ignore: decorator
@inline
function pointer(pointers: usize, index: i32): usize {
  return <usize>load<u32>(pointers + (<usize>index << 2));
}

function compute(
  what: i32,
  y: usize,
  a: usize,
  b: usize,
  c: usize,
  s: v128,
  t: v128,
  u: v128,
  bytes: usize,
): void {
  switch (what) {
    case ADD:
      return each(ADD, y, a, b, c, s, t, u, bytes);
    case MULTIPLY:
      return each(MULTIPLY, y, a, b, c, s, t, u, bytes);
    case DIVIDE:
      return each(DIVIDE, y, a, b, c, s, t, u, bytes);
    case MAXIMUM:
      return each(MAXIMUM, y, a, b, c, s, t, u, bytes);
    case SHIFT:
      return each(SHIFT, y, a, b, c, s, t, u, bytes);
    case ROOT:
      return each(ROOT, y, a, b, c, s, t, u, bytes);
    case SIGN:
      return each(SIGN, y, a, b, c, s, t, u, bytes);
    case FILL:
      return each(FILL, y, a, b, c, s, t, u, bytes);
    case WHEN_POSITIVE:
      return each(WHEN_POSITIVE, y, a, b, c, s, t, u, bytes);
  }
}

/** `what` is a constant wherever this is inlined, and the loop that of one operation. */
// @ts-ignore: decorator
@inline
function each(
  what: i32,
  y: usize,
  a: usize,
  b: usize,
  c: usize,
  s: v128,
  t: v128,
  u: v128,
  bytes: usize,
): void {
  // Not unrolled: nine such loops are fetched by every page that computes on wasm.
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(y + at, four(what, a + at, b + at, c + at, s, t, u));
  }
}

/** Four values. */
// @ts-ignore: decorator
@inline
function four(what: i32, a: usize, b: usize, c: usize, s: v128, t: v128, u: v128): v128 {
  if (what == FILL) return s;
  const left = f32x4.mul(v128.load(a), s);
  if (what == SHIFT) return f32x4.add(left, t);
  if (what == ROOT) return f32x4.add(f32x4.sqrt(left), t);
  if (what == SIGN) return signOf(left);
  const right = f32x4.mul(v128.load(b), t);
  if (what == ADD) return f32x4.add(left, right);
  if (what == MULTIPLY) return f32x4.mul(left, right);
  if (what == DIVIDE) return f32x4.div(left, right);
  if (what == MAXIMUM) return f32x4.max(left, right);
  const isPositive = f32x4.gt(left, f32x4.splat(0));
  return v128.bitselect(right, f32x4.mul(v128.load(c), u), isPositive);
}

/** 1, -1, or the value itself: zeros and NaN. */
// @ts-ignore: decorator
@inline
function signOf(x: v128): v128 {
  const zero = f32x4.splat(0);
  const positive = v128.bitselect(f32x4.splat(1), x, f32x4.gt(x, zero));
  return v128.bitselect(f32x4.splat(-1), positive, f32x4.lt(x, zero));
}

/** Of `count` values; those of a part are added in single precision. */
function sumOfSquares(a: usize, s: v128, count: i32): f64 {
  let lanes = f32x4.splat(0);
  for (; count >= 4; count -= 4) {
    const x = f32x4.mul(v128.load(a), s);
    lanes = f32x4.add(lanes, f32x4.mul(x, x));
    a += 16;
  }
  const factor = f32x4.extract_lane(s, 0);
  let sum: f64 =
    f32x4.extract_lane(lanes, 0) +
    f32x4.extract_lane(lanes, 1) +
    (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3));
  for (; count > 0; --count) {
    const x = load<f32>(a) * factor;
    sum += x * x;
    a += 4;
  }
  return sum;
}
