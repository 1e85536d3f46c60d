/**
 * Sums down the columns of a matrix [rows][columns], of which channels-last tensors are one: batch normalisation's statistics and
 * gradients, the mean over an image, a bias's gradient.
 *
 * A tile sums a block of rows; a second job adds the blocks' sums in their order, in double precision. The block's height depends on
 * the shape alone, so that the result does not depend on the number of threads.
 */

/** Arguments: x, partial sums, rows a group, columns, rows a block, blocks a group. Tile: a block of a group. */
export function columnSumsTile(tile: i32, args: usize): void {
  const groupRows = load<i32>(args, 8);
  const columns = load<i32>(args, 12);
  const blockRows = load<i32>(args, 16);
  const blocks = load<i32>(args, 20);
  const group = tile / blocks;
  const firstRow = (tile % blocks) * blockRows;
  const rows = min(blockRows, groupRows - firstRow);
  const stride = <usize>columns << 2;
  const x = <usize>load<u32>(args) + (<usize>group * <usize>groupRows + <usize>firstRow) * stride;
  sumColumns(x, rows, columns, <usize>load<u32>(args, 4) + <usize>tile * stride);
}

function sumColumns(x: usize, rows: i32, columns: i32, target: usize): void {
  const stride = <usize>columns << 2;
  let c = 0;
  for (; c + 16 <= columns; c += 16) {
    let p = x + (<usize>c << 2);
    let s0 = f32x4.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0;
    for (let r = 0; r < rows; ++r) {
      s0 = f32x4.add(s0, v128.load(p));
      s1 = f32x4.add(s1, v128.load(p, 16));
      s2 = f32x4.add(s2, v128.load(p, 32));
      s3 = f32x4.add(s3, v128.load(p, 48));
      p += stride;
    }
    const to = target + (<usize>c << 2);
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
  }
  for (; c + 4 <= columns; c += 4) {
    let p = x + (<usize>c << 2);
    let s = f32x4.splat(0);
    for (let r = 0; r < rows; ++r) {
      s = f32x4.add(s, v128.load(p));
      p += stride;
    }
    v128.store(target + (<usize>c << 2), s);
  }
  for (; c < columns; ++c) {
    let p = x + (<usize>c << 2);
    let s: f32 = 0;
    for (let r = 0; r < rows; ++r) {
      s += load<f32>(p);
      p += stride;
    }
    store<f32>(target + (<usize>c << 2), s);
  }
}

/** Arguments: partial sums, sums, columns, blocks, factor. Tile: a group; its blocks are added in their order. */
export function addBlocksTile(tile: i32, args: usize): void {
  const columns = load<i32>(args, 8);
  const blocks = load<i32>(args, 12);
  const factor = <f64>load<f32>(args, 16);
  const stride = <usize>columns << 2;
  const partial = <usize>load<u32>(args) + <usize>tile * <usize>blocks * stride;
  const target = <usize>load<u32>(args, 4) + <usize>tile * stride;
  for (let c: usize = 0; c < stride; c += 4) {
    let sum: f64 = 0;
    let p = partial + c;
    for (let b = 0; b < blocks; ++b) {
      sum += <f64>load<f32>(p);
      p += stride;
    }
    store<f32>(target + c, <f32>(sum * factor));
  }
}

/**
 * Sums and sums of squared deviations from the block's own mean, while the block is in the cache.
 * Arguments: x, partial [block][2][columns], rows, columns, rows a block.
 */
export function columnMomentsTile(tile: i32, args: usize): void {
  const columns = load<i32>(args, 12);
  const blockRows = load<i32>(args, 16);
  const firstRow = tile * blockRows;
  const rows = min(blockRows, load<i32>(args, 8) - firstRow);
  const stride = <usize>columns << 2;
  const x = <usize>load<u32>(args) + <usize>firstRow * stride;
  const sums = <usize>load<u32>(args, 4) + <usize>(tile * 2) * stride;
  sumColumns(x, rows, columns, sums);
  sumSquaredDeviations(x, rows, columns, sums, sums + stride);
}

function sumSquaredDeviations(x: usize, rows: i32, columns: i32, sums: usize, target: usize): void {
  const stride = <usize>columns << 2;
  const inverse = <f32>1 / <f32>rows;
  let c = 0;
  for (; c + 8 <= columns; c += 8) {
    let p = x + (<usize>c << 2);
    const at = <usize>c << 2;
    const m0 = f32x4.mul(v128.load(sums + at), f32x4.splat(inverse)),
      m1 = f32x4.mul(v128.load(sums + at, 16), f32x4.splat(inverse));
    let s0 = f32x4.splat(0),
      s1 = s0;
    for (let r = 0; r < rows; ++r) {
      const d0 = f32x4.sub(v128.load(p), m0),
        d1 = f32x4.sub(v128.load(p, 16), m1);
      s0 = f32x4.add(s0, f32x4.mul(d0, d0));
      s1 = f32x4.add(s1, f32x4.mul(d1, d1));
      p += stride;
    }
    v128.store(target + at, s0);
    v128.store(target + at, s1, 16);
  }
  for (; c < columns; ++c) {
    const at = <usize>c << 2;
    let p = x + at;
    const mean = load<f32>(sums + at) * inverse;
    let s: f32 = 0;
    for (let r = 0; r < rows; ++r) {
      const d = load<f32>(p) - mean;
      s += d * d;
      p += stride;
    }
    store<f32>(target + at, s);
  }
}

/**
 * Mean and variance of all rows from their blocks' moments (Chan, Golub and LeVeque 1979), and the affine map that normalises.
 * Arguments: partial, mean, variance, inverse deviation, slope, intercept, scale, offset, rows, columns, rows a block, epsilon.
 */
export function batchMomentsTile(_tile: i32, args: usize): void {
  const partial = <usize>load<u32>(args);
  const rows = load<i32>(args, 32);
  const columns = load<i32>(args, 36);
  const blockRows = load<i32>(args, 40);
  const epsilon = <f64>load<f32>(args, 44);
  const stride = <usize>columns << 2;
  const blocks = (rows + blockRows - 1) / blockRows;
  for (let c: usize = 0; c < stride; c += 4) {
    let sum: f64 = 0;
    let p = partial + c;
    for (let b = 0; b < blocks; ++b) {
      sum += <f64>load<f32>(p);
      p += 2 * stride;
    }
    const mean = sum / <f64>rows;
    let squares: f64 = 0;
    p = partial + c;
    for (let b = 0; b < blocks; ++b) {
      const count = <f64>min(blockRows, rows - b * blockRows);
      // The block's deviations are from its mean as a 32-bit float.
      const blockSum = <f64>load<f32>(p);
      const rounded = <f64>(load<f32>(p) * (<f32>1 / <f32>count));
      const shift = rounded - mean;
      squares += <f64>load<f32>(p + stride) + shift * (2 * (blockSum - count * rounded) + count * shift);
      p += 2 * stride;
    }
    const variance = max<f64>(squares / <f64>rows, 0);
    const inverse = 1 / sqrt<f64>(variance + epsilon);
    const slope = <f64>load<f32>(<usize>load<u32>(args, 24) + c) * inverse;
    store<f32>(<usize>load<u32>(args, 4) + c, <f32>mean);
    store<f32>(<usize>load<u32>(args, 8) + c, <f32>variance);
    store<f32>(<usize>load<u32>(args, 12) + c, <f32>inverse);
    store<f32>(<usize>load<u32>(args, 16) + c, <f32>slope);
    store<f32>(<usize>load<u32>(args, 20) + c, <f32>(<f64>load<f32>(<usize>load<u32>(args, 28) + c) - mean * slope));
  }
}
