/**
 * The matrix kernel that convolutions, their gradients and dense layers share: a tile of 4 rows by 8 columns.
 *
 * `a` is a packed panel [depth][4], `b` a packed panel [depth][8]; the result goes to four rows that lie anywhere.
 */

/** Add to what the rows hold. */
export const ACCUMULATE: i32 = 1;
/** Then add 8 biases. */
export const ADD_BIAS: i32 = 2;
/** Then clamp from below at 0. */
export const RELU: i32 = 4;
/** Then clamp from above at 6. */
export const RELU6: i32 = 8;

// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  // One instruction where the runtime has relaxed SIMD: the build script compiles both.
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

/**
 * rows[4][8] (+)= a^T b.
 *
 * The tests between the steps of the unrolled loop handle any depth; they also keep V8's scheduler from hoisting all loads
 * of all steps to the loop's head, where 16 registers do not hold them (measured: 52 GFLOP/s against 40 without). `a` moves on at
 * each step so that all have the same four offsets: V8 computes the address of a splatted load by an instruction of its own
 * for each offset, but keeps those that several blocks share in registers.
 */
export function multiplyTile(
  a: usize,
  b: usize,
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  depth: i32,
  mode: i32,
  bias: usize,
): void {
  let c00 = f32x4.splat(0),
    c01 = c00,
    c10 = c00,
    c11 = c00,
    c20 = c00,
    c21 = c00,
    c30 = c00,
    c31 = c00;
  let n = depth;
  while (n > 0) {
    let b0 = v128.load(b, 0),
      b1 = v128.load(b, 16);
    let t = v128.load32_splat(a, 0);
    c00 = madd(t, b0, c00);
    c01 = madd(t, b1, c01);
    t = v128.load32_splat(a, 4);
    c10 = madd(t, b0, c10);
    c11 = madd(t, b1, c11);
    t = v128.load32_splat(a, 8);
    c20 = madd(t, b0, c20);
    c21 = madd(t, b1, c21);
    t = v128.load32_splat(a, 12);
    c30 = madd(t, b0, c30);
    c31 = madd(t, b1, c31);
    a += 16;
    if (n <= 1) break;
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    t = v128.load32_splat(a, 0);
    c00 = madd(t, b0, c00);
    c01 = madd(t, b1, c01);
    t = v128.load32_splat(a, 4);
    c10 = madd(t, b0, c10);
    c11 = madd(t, b1, c11);
    t = v128.load32_splat(a, 8);
    c20 = madd(t, b0, c20);
    c21 = madd(t, b1, c21);
    t = v128.load32_splat(a, 12);
    c30 = madd(t, b0, c30);
    c31 = madd(t, b1, c31);
    a += 16;
    if (n <= 2) break;
    b0 = v128.load(b, 64);
    b1 = v128.load(b, 80);
    t = v128.load32_splat(a, 0);
    c00 = madd(t, b0, c00);
    c01 = madd(t, b1, c01);
    t = v128.load32_splat(a, 4);
    c10 = madd(t, b0, c10);
    c11 = madd(t, b1, c11);
    t = v128.load32_splat(a, 8);
    c20 = madd(t, b0, c20);
    c21 = madd(t, b1, c21);
    t = v128.load32_splat(a, 12);
    c30 = madd(t, b0, c30);
    c31 = madd(t, b1, c31);
    a += 16;
    if (n <= 3) break;
    b0 = v128.load(b, 96);
    b1 = v128.load(b, 112);
    t = v128.load32_splat(a, 0);
    c00 = madd(t, b0, c00);
    c01 = madd(t, b1, c01);
    t = v128.load32_splat(a, 4);
    c10 = madd(t, b0, c10);
    c11 = madd(t, b1, c11);
    t = v128.load32_splat(a, 8);
    c20 = madd(t, b0, c20);
    c21 = madd(t, b1, c21);
    t = v128.load32_splat(a, 12);
    c30 = madd(t, b0, c30);
    c31 = madd(t, b1, c31);
    a += 16;
    if (n <= 4) break;
    b0 = v128.load(b, 128);
    b1 = v128.load(b, 144);
    t = v128.load32_splat(a, 0);
    c00 = madd(t, b0, c00);
    c01 = madd(t, b1, c01);
    t = v128.load32_splat(a, 4);
    c10 = madd(t, b0, c10);
    c11 = madd(t, b1, c11);
    t = v128.load32_splat(a, 8);
    c20 = madd(t, b0, c20);
    c21 = madd(t, b1, c21);
    t = v128.load32_splat(a, 12);
    c30 = madd(t, b0, c30);
    c31 = madd(t, b1, c31);
    a += 16;
    if (n <= 5) break;
    b0 = v128.load(b, 160);
    b1 = v128.load(b, 176);
    t = v128.load32_splat(a, 0);
    c00 = madd(t, b0, c00);
    c01 = madd(t, b1, c01);
    t = v128.load32_splat(a, 4);
    c10 = madd(t, b0, c10);
    c11 = madd(t, b1, c11);
    t = v128.load32_splat(a, 8);
    c20 = madd(t, b0, c20);
    c21 = madd(t, b1, c21);
    t = v128.load32_splat(a, 12);
    c30 = madd(t, b0, c30);
    c31 = madd(t, b1, c31);
    a += 16;
    if (n <= 6) break;
    b0 = v128.load(b, 192);
    b1 = v128.load(b, 208);
    t = v128.load32_splat(a, 0);
    c00 = madd(t, b0, c00);
    c01 = madd(t, b1, c01);
    t = v128.load32_splat(a, 4);
    c10 = madd(t, b0, c10);
    c11 = madd(t, b1, c11);
    t = v128.load32_splat(a, 8);
    c20 = madd(t, b0, c20);
    c21 = madd(t, b1, c21);
    t = v128.load32_splat(a, 12);
    c30 = madd(t, b0, c30);
    c31 = madd(t, b1, c31);
    a += 16;
    if (n <= 7) break;
    b0 = v128.load(b, 224);
    b1 = v128.load(b, 240);
    t = v128.load32_splat(a, 0);
    c00 = madd(t, b0, c00);
    c01 = madd(t, b1, c01);
    t = v128.load32_splat(a, 4);
    c10 = madd(t, b0, c10);
    c11 = madd(t, b1, c11);
    t = v128.load32_splat(a, 8);
    c20 = madd(t, b0, c20);
    c21 = madd(t, b1, c21);
    t = v128.load32_splat(a, 12);
    c30 = madd(t, b0, c30);
    c31 = madd(t, b1, c31);
    a += 16;
    b += 256;
    n -= 8;
  }
  if (mode & ACCUMULATE) {
    c00 = f32x4.add(v128.load(row0), c00);
    c01 = f32x4.add(v128.load(row0, 16), c01);
    c10 = f32x4.add(v128.load(row1), c10);
    c11 = f32x4.add(v128.load(row1, 16), c11);
    c20 = f32x4.add(v128.load(row2), c20);
    c21 = f32x4.add(v128.load(row2, 16), c21);
    c30 = f32x4.add(v128.load(row3), c30);
    c31 = f32x4.add(v128.load(row3, 16), c31);
  }
  if (mode & ADD_BIAS) {
    const bias0 = v128.load(bias),
      bias1 = v128.load(bias, 16);
    c00 = f32x4.add(c00, bias0);
    c01 = f32x4.add(c01, bias1);
    c10 = f32x4.add(c10, bias0);
    c11 = f32x4.add(c11, bias1);
    c20 = f32x4.add(c20, bias0);
    c21 = f32x4.add(c21, bias1);
    c30 = f32x4.add(c30, bias0);
    c31 = f32x4.add(c31, bias1);
  }
  if (mode & RELU) {
    const zero = f32x4.splat(0);
    c00 = f32x4.max(c00, zero);
    c01 = f32x4.max(c01, zero);
    c10 = f32x4.max(c10, zero);
    c11 = f32x4.max(c11, zero);
    c20 = f32x4.max(c20, zero);
    c21 = f32x4.max(c21, zero);
    c30 = f32x4.max(c30, zero);
    c31 = f32x4.max(c31, zero);
  }
  if (mode & RELU6) {
    const six = f32x4.splat(6);
    c00 = f32x4.min(c00, six);
    c01 = f32x4.min(c01, six);
    c10 = f32x4.min(c10, six);
    c11 = f32x4.min(c11, six);
    c20 = f32x4.min(c20, six);
    c21 = f32x4.min(c21, six);
    c30 = f32x4.min(c30, six);
    c31 = f32x4.min(c31, six);
  }
  v128.store(row0, c00);
  v128.store(row0, c01, 16);
  v128.store(row1, c10);
  v128.store(row1, c11, 16);
  v128.store(row2, c20);
  v128.store(row2, c21, 16);
  v128.store(row3, c30);
  v128.store(row3, c31, 16);
}

/** {@link multiplyTile} for the last panel, where only `columns` of 8 exist: works in `spare` (128 bytes) and copies them. */
export function multiplyEdgeTile(
  a: usize,
  b: usize,
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  depth: i32,
  mode: i32,
  bias: usize,
  columns: i32,
  spare: usize,
): void {
  const bytes = <usize>columns << 2;
  if (mode & ACCUMULATE) {
    memory.copy(spare, row0, bytes);
    memory.copy(spare + 32, row1, bytes);
    memory.copy(spare + 64, row2, bytes);
    memory.copy(spare + 96, row3, bytes);
  }
  if (mode & ADD_BIAS) {
    memory.copy(spare + 128, bias, bytes);
    bias = spare + 128;
  }
  multiplyTile(a, b, spare, spare + 32, spare + 64, spare + 96, depth, mode, bias);
  memory.copy(row0, spare, bytes);
  memory.copy(row1, spare + 32, bytes);
  memory.copy(row2, spare + 64, bytes);
  memory.copy(row3, spare + 96, bytes);
}
