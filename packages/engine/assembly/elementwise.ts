/** Operations value by value. A tile is {@link VALUES_A_TILE} consecutive values. */

export const VALUES_A_TILE: i32 = 16384;

// @ts-ignore: decorator
@inline
function tileStart(tile: i32): usize {
  return <usize>tile * (<usize>VALUES_A_TILE << 2);
}

// @ts-ignore: decorator
@inline
function tileCount(tile: i32, args: usize): i32 {
  return min(VALUES_A_TILE, load<i32>(args) - tile * VALUES_A_TILE);
}

/** Arguments: count, a, b, sum. */
export function addTile(tile: i32, args: usize): void {
  const start = tileStart(tile);
  let n = tileCount(tile, args);
  let a = <usize>load<u32>(args, 4) + start,
    b = <usize>load<u32>(args, 8) + start,
    y = <usize>load<u32>(args, 12) + start;
  for (; n >= 8; n -= 8) {
    v128.store(y, f32x4.add(v128.load(a), v128.load(b)));
    v128.store(y, f32x4.add(v128.load(a, 16), v128.load(b, 16)), 16);
    a += 32;
    b += 32;
    y += 32;
  }
  for (; n > 0; --n) {
    store<f32>(y, load<f32>(a) + load<f32>(b));
    a += 4;
    b += 4;
    y += 4;
  }
}

/** Arguments: count, x, y. */
export function reluTile(tile: i32, args: usize): void {
  const start = tileStart(tile);
  let n = tileCount(tile, args);
  let x = <usize>load<u32>(args, 4) + start,
    y = <usize>load<u32>(args, 8) + start;
  const zero = f32x4.splat(0);
  for (; n >= 8; n -= 8) {
    v128.store(y, f32x4.max(v128.load(x), zero));
    v128.store(y, f32x4.max(v128.load(x, 16), zero), 16);
    x += 32;
    y += 32;
  }
  for (; n > 0; --n) {
    store<f32>(y, max<f32>(load<f32>(x), 0));
    x += 4;
    y += 4;
  }
}

/** Arguments: count, dy, y, dx. */
export function reluGradientTile(tile: i32, args: usize): void {
  const start = tileStart(tile);
  let n = tileCount(tile, args);
  let dy = <usize>load<u32>(args, 4) + start,
    y = <usize>load<u32>(args, 8) + start,
    dx = <usize>load<u32>(args, 12) + start;
  const zero = f32x4.splat(0);
  for (; n >= 8; n -= 8) {
    v128.store(dx, v128.and(v128.load(dy), f32x4.gt(v128.load(y), zero)));
    v128.store(dx, v128.and(v128.load(dy, 16), f32x4.gt(v128.load(y, 16), zero)), 16);
    dy += 32;
    y += 32;
    dx += 32;
  }
  for (; n > 0; --n) {
    store<f32>(dx, load<f32>(y) > 0 ? load<f32>(dy) : 0);
    dy += 4;
    y += 4;
    dx += 4;
  }
}

/** Arguments: count, x (target of the fill), value. */
export function fillTile(tile: i32, args: usize): void {
  let n = tileCount(tile, args);
  let x = <usize>load<u32>(args, 4) + tileStart(tile);
  const value = load<f32>(args, 8);
  for (; n >= 4; n -= 4) {
    v128.store(x, f32x4.splat(value));
    x += 16;
  }
  for (; n > 0; --n) {
    store<f32>(x, value);
    x += 4;
  }
}

/** Arguments: count, x, y, minimum, maximum. NaN stays NaN. */
export function clipTile(tile: i32, args: usize): void {
  const start = tileStart(tile);
  let n = tileCount(tile, args);
  let x = <usize>load<u32>(args, 4) + start,
    y = <usize>load<u32>(args, 8) + start;
  const low = load<f32>(args, 12),
    high = load<f32>(args, 16);
  for (; n >= 4; n -= 4) {
    v128.store(y, f32x4.min(f32x4.max(v128.load(x), f32x4.splat(low)), f32x4.splat(high)));
    x += 16;
    y += 16;
  }
  for (; n > 0; --n) {
    store<f32>(y, min<f32>(max<f32>(load<f32>(x), low), high));
    x += 4;
    y += 4;
  }
}

/** Arguments: count, x, y. NaN stays NaN, and the smallest numbers have a sign. */
export function signTile(tile: i32, args: usize): void {
  const start = tileStart(tile);
  const x = <usize>load<u32>(args, 4) + start,
    y = <usize>load<u32>(args, 8) + start;
  const bytes = <usize>tileCount(tile, args) << 2;
  for (let offset: usize = 0; offset < bytes; offset += 4) {
    const value = load<f32>(x + offset);
    store<f32>(y + offset, value > 0 ? 1 : value < 0 ? -1 : value);
  }
}

/** Arguments: count, a, b, y, a's step, b's step: 4, or 0 for one value that meets all. NaN stays NaN. */
export function maximumTile(tile: i32, args: usize): void {
  eachPair(tile, args, true);
}

/** Arguments: count, a, b, y, a's step, b's step. NaN stays NaN. */
export function minimumTile(tile: i32, args: usize): void {
  eachPair(tile, args, false);
}

/** `isMax` is a constant wherever this is inlined. */
// @ts-ignore: decorator
@inline
function eachPair(tile: i32, args: usize, isMax: bool): void {
  const aStep = <usize>load<u32>(args, 16),
    bStep = <usize>load<u32>(args, 20);
  const first = <usize>tile * <usize>VALUES_A_TILE;
  let a = <usize>load<u32>(args, 4) + first * aStep,
    b = <usize>load<u32>(args, 8) + first * bStep,
    y = <usize>load<u32>(args, 12) + tileStart(tile);
  for (let n = tileCount(tile, args); n > 0; --n) {
    const left = load<f32>(a),
      right = load<f32>(b);
    store<f32>(y, isMax ? max<f32>(left, right) : min<f32>(left, right));
    a += aStep;
    b += bStep;
    y += 4;
  }
}
