/** Batch normalisation's passes over all values; its sums are in columns.ts. A tile is a block of rows. */

/** y = x * slope[c] + intercept[c]. Arguments: x, y, slope, intercept, rows, columns, rows a block. */
export function affineTile(tile: i32, args: usize): void {
  const columns = load<i32>(args, 20);
  const blockRows = load<i32>(args, 24);
  const rows = min(blockRows, load<i32>(args, 16) - tile * blockRows);
  const start = <usize>tile * <usize>blockRows * (<usize>columns << 2);
  const slopes = <usize>load<u32>(args, 8);
  const intercepts = <usize>load<u32>(args, 12);
  let x = <usize>load<u32>(args) + start,
    y = <usize>load<u32>(args, 4) + start;
  const whole = <usize>(columns & ~3) << 2;
  const end = <usize>columns << 2;
  for (let r = 0; r < rows; ++r) {
    let c: usize = 0;
    for (; c < whole; c += 16) {
      v128.store(
        y + c,
        f32x4.add(f32x4.mul(v128.load(x + c), v128.load(slopes + c)), v128.load(intercepts + c)),
      );
    }
    for (; c < end; c += 4) {
      store<f32>(y + c, load<f32>(x + c) * load<f32>(slopes + c) + load<f32>(intercepts + c));
    }
    x += end;
    y += end;
  }
}

/**
 * Sums of dy and of dy * (x - mean) down a block of rows.
 * Arguments: dy, x, mean, partial [block][2][columns], rows, columns, rows a block.
 */
export function gradientSumsTile(tile: i32, args: usize): void {
  const columns = load<i32>(args, 20);
  const blockRows = load<i32>(args, 24);
  const rows = min(blockRows, load<i32>(args, 16) - tile * blockRows);
  const stride = <usize>columns << 2;
  const start = <usize>tile * <usize>blockRows * stride;
  const dy = <usize>load<u32>(args) + start;
  const x = <usize>load<u32>(args, 4) + start;
  const means = <usize>load<u32>(args, 8);
  const target = <usize>load<u32>(args, 12) + <usize>(tile * 2) * stride;
  let c: usize = 0;
  for (; c + 32 <= stride; c += 32) {
    const m0 = v128.load(means + c),
      m1 = v128.load(means + c, 16);
    let s0 = f32x4.splat(0),
      s1 = s0,
      t0 = s0,
      t1 = s0;
    let p = x + c,
      d = dy + c;
    for (let r = 0; r < rows; ++r) {
      const g0 = v128.load(d),
        g1 = v128.load(d, 16);
      s0 = f32x4.add(s0, g0);
      s1 = f32x4.add(s1, g1);
      t0 = f32x4.add(t0, f32x4.mul(g0, f32x4.sub(v128.load(p), m0)));
      t1 = f32x4.add(t1, f32x4.mul(g1, f32x4.sub(v128.load(p, 16), m1)));
      p += stride;
      d += stride;
    }
    v128.store(target + c, s0);
    v128.store(target + c, s1, 16);
    v128.store(target + stride + c, t0);
    v128.store(target + stride + c, t1, 16);
  }
  for (; c < stride; c += 4) {
    const mean = load<f32>(means + c);
    let s: f32 = 0,
      t: f32 = 0;
    let p = x + c,
      d = dy + c;
    for (let r = 0; r < rows; ++r) {
      const g = load<f32>(d);
      s += g;
      t += g * (load<f32>(p) - mean);
      p += stride;
      d += stride;
    }
    store<f32>(target + c, s);
    store<f32>(target + stride + c, t);
  }
}

/**
 * The gradients of scale and offset, and the coefficients of dx = dy * slope + (x - mean) * curve + constant.
 * Arguments: partial, inverse deviation, scale, dScale, dOffset, slope, curve, constant, rows, columns, blocks.
 */
export function gradientCoefficientsTile(_tile: i32, args: usize): void {
  const partial = <usize>load<u32>(args);
  const rows = <f64>load<i32>(args, 32);
  const stride = <usize>load<i32>(args, 36) << 2;
  const blocks = load<i32>(args, 40);
  for (let c: usize = 0; c < stride; c += 4) {
    let sum: f64 = 0,
      moment: f64 = 0;
    let p = partial + c;
    for (let b = 0; b < blocks; ++b) {
      sum += <f64>load<f32>(p);
      moment += <f64>load<f32>(p + stride);
      p += 2 * stride;
    }
    const inverse = <f64>load<f32>(<usize>load<u32>(args, 4) + c);
    const slope = <f64>load<f32>(<usize>load<u32>(args, 8) + c) * inverse;
    store<f32>(<usize>load<u32>(args, 12) + c, <f32>(moment * inverse));
    store<f32>(<usize>load<u32>(args, 16) + c, <f32>sum);
    store<f32>(<usize>load<u32>(args, 20) + c, <f32>slope);
    store<f32>(<usize>load<u32>(args, 24) + c, <f32>((-slope * inverse * inverse * moment) / rows));
    store<f32>(<usize>load<u32>(args, 28) + c, <f32>((-slope * sum) / rows));
  }
}

/** dx = dy * slope + (x - mean) * curve + constant. Arguments: dy, x, dx, mean, slope, curve, constant, rows, columns, rows a block. */
export function inputGradientTile(tile: i32, args: usize): void {
  const columns = load<i32>(args, 32);
  const blockRows = load<i32>(args, 36);
  const rows = min(blockRows, load<i32>(args, 28) - tile * blockRows);
  const end = <usize>columns << 2;
  const start = <usize>tile * <usize>blockRows * end;
  const means = <usize>load<u32>(args, 12),
    slopes = <usize>load<u32>(args, 16),
    curves = <usize>load<u32>(args, 20),
    constants = <usize>load<u32>(args, 24);
  let dy = <usize>load<u32>(args) + start,
    x = <usize>load<u32>(args, 4) + start,
    dx = <usize>load<u32>(args, 8) + start;
  const whole = <usize>(columns & ~3) << 2;
  for (let r = 0; r < rows; ++r) {
    let c: usize = 0;
    for (; c < whole; c += 16) {
      const deviation = f32x4.sub(v128.load(x + c), v128.load(means + c));
      const straight = f32x4.add(f32x4.mul(v128.load(dy + c), v128.load(slopes + c)), v128.load(constants + c));
      v128.store(dx + c, f32x4.add(straight, f32x4.mul(deviation, v128.load(curves + c))));
    }
    for (; c < end; c += 4) {
      const deviation = load<f32>(x + c) - load<f32>(means + c);
      store<f32>(
        dx + c,
        load<f32>(dy + c) * load<f32>(slopes + c) + load<f32>(constants + c) + deviation * load<f32>(curves + c),
      );
    }
    dy += end;
    x += end;
    dx += end;
  }
}
