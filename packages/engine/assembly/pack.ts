/** Copies of matrices in the order in which {@link multiplyTile} reads them: panels of 4 rows or 8 columns, zero-filled at the edges. */

/** Four rows (addresses), `count` values each -> [count][4]. */
export function interleaveRows(p0: usize, p1: usize, p2: usize, p3: usize, count: i32, target: usize): void {
  interleave(p0, p1, p2, p3, count, target, 16);
}

/** Four rows (addresses), `count` values each -> groups of four, `stride` bytes apart: a constant wherever this is inlined. */
// @ts-ignore: decorator
@inline
function interleave(
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  count: i32,
  target: usize,
  stride: usize,
): void {
  let n = count;
  while (n >= 4) {
    const r0 = v128.load(p0),
      r1 = v128.load(p1),
      r2 = v128.load(p2),
      r3 = v128.load(p3);
    const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(target, v128.shuffle<f64>(t0, t1, 0, 2));
    v128.store(target + stride, v128.shuffle<f64>(t0, t1, 1, 3));
    v128.store(target + 2 * stride, v128.shuffle<f64>(t2, t3, 0, 2));
    v128.store(target + 3 * stride, v128.shuffle<f64>(t2, t3, 1, 3));
    p0 += 16;
    p1 += 16;
    p2 += 16;
    p3 += 16;
    target += 4 * stride;
    n -= 4;
  }
  while (n > 0) {
    store<f32>(target, load<f32>(p0));
    store<f32>(target, load<f32>(p1), 4);
    store<f32>(target, load<f32>(p2), 8);
    store<f32>(target, load<f32>(p3), 12);
    p0 += 4;
    p1 += 4;
    p2 += 4;
    p3 += 4;
    target += stride;
    n--;
  }
}

/**
 * One panel of 8 columns of a matrix [depth][columns] whose rows are `rowStride` bytes apart; `valid` of the 8 columns exist.
 */
export function packColumns(source: usize, rowStride: usize, depth: i32, valid: i32, target: usize): void {
  if (valid >= 8) {
    for (let k = 0; k < depth; ++k) {
      v128.store(target, v128.load(source));
      v128.store(target, v128.load(source, 16), 16);
      source += rowStride;
      target += 32;
    }
    return;
  }
  for (let k = 0; k < depth; ++k) {
    for (let j = 0; j < 8; ++j) {
      store<f32>(target + ((<usize>j) << 2), j < valid ? load<f32>(source + ((<usize>j) << 2)) : 0);
    }
    source += rowStride;
    target += 32;
  }
}

/**
 * One panel of 8 columns of the transpose of a matrix [columns][depth] whose rows are `rowStride` bytes apart.
 */
export function packTransposedColumns(
  source: usize,
  rowStride: usize,
  depth: i32,
  valid: i32,
  target: usize,
): void {
  if (valid >= 8) {
    interleaveHalfPanel(source, rowStride, depth, target);
    interleaveHalfPanel(source + 4 * rowStride, rowStride, depth, target + 16);
    return;
  }
  for (let j = 0; j < 8; ++j) {
    let to = target + ((<usize>j) << 2);
    let from = source + <usize>j * rowStride;
    for (let k = 0; k < depth; ++k) {
      store<f32>(to, j < valid ? load<f32>(from) : 0);
      to += 32;
      from += 4;
    }
  }
}

/** Four rows of a matrix into the half of a panel [depth][8]. */
function interleaveHalfPanel(source: usize, rowStride: usize, depth: i32, target: usize): void {
  interleave(source, source + rowStride, source + 2 * rowStride, source + 3 * rowStride, depth, target, 32);
}

/**
 * Tile of the job that packs a filter: panel `tile % panels` of tap `tile / panels`.
 *
 * Arguments: source, target, tap offsets (bytes from source, one i32 a tap), panels, depth a tap, columns, row stride in bytes,
 * transposed (1: the source is [columns][depth]), bytes of a whole panel.
 */
export function packFilterTile(tile: i32, args: usize): void {
  const panels = load<i32>(args, 12);
  const depth = load<i32>(args, 16);
  const columns = load<i32>(args, 20);
  const rowStride = <usize>load<u32>(args, 24);
  const tap = tile / panels;
  const panel = tile % panels;
  const source = <usize>load<u32>(args) + <usize>load<u32>(<usize>load<u32>(args, 8) + ((<usize>tap) << 2));
  const target =
    <usize>load<u32>(args, 4) +
    <usize>panel * <usize>load<u32>(args, 32) +
    <usize>tap * ((<usize>depth) << 5);
  const valid = min(8, columns - panel * 8);
  if (load<i32>(args, 28) != 0) {
    packTransposedColumns(source + ((<usize>panel) << 3) * rowStride, rowStride, depth, valid, target);
  } else {
    packColumns(source + ((<usize>panel) << 5), rowStride, depth, valid, target);
  }
}
