/**
 * Pooling and its gradients. A tile is an image by a range of channels, so that overlapping windows of one image never meet in two
 * threads.
 *
 * Windows are visited row by row; of equal maxima the first counts, as in tfjs's cpu engine.
 */

/** Arguments, as byte offsets into the job's arguments. */
const INPUT: usize = 0;
const OUTPUT: usize = 4;
const OUTPUT_GRADIENT: usize = 8;
const IN_HEIGHT: usize = 12;
const IN_WIDTH: usize = 16;
const OUT_HEIGHT: usize = 20;
const OUT_WIDTH: usize = 24;
const CHANNELS: usize = 28;
const WINDOW_HEIGHT: usize = 32;
const WINDOW_WIDTH: usize = 36;
const STRIDE_Y: usize = 40;
const STRIDE_X: usize = 44;
const PAD_TOP: usize = 48;
const PAD_LEFT: usize = 52;
const CHANNELS_A_TILE: usize = 56;
const CHANNEL_TILES: usize = 60;

const MAXIMUM: i32 = 0;
const MEAN: i32 = 1;
const MAXIMUM_GRADIENT: i32 = 2;
const MEAN_GRADIENT: i32 = 3;

/** Arguments: input, output. */
export function maxPoolTile(tile: i32, args: usize): void {
  eachWindow(tile, args, MAXIMUM);
}

/** Arguments: input, output. Padding does not count. */
export function averagePoolTile(tile: i32, args: usize): void {
  eachWindow(tile, args, MEAN);
}

/** Arguments: input, input gradient, output gradient. */
export function maxPoolGradientTile(tile: i32, args: usize): void {
  eachWindow(tile, args, MAXIMUM_GRADIENT);
}

/** Arguments: nothing, input gradient, output gradient. */
export function averagePoolGradientTile(tile: i32, args: usize): void {
  eachWindow(tile, args, MEAN_GRADIENT);
}

/** Visits an image's windows; `work`, a constant wherever this is inlined, says what is done with each. */
// @ts-ignore: decorator
@inline
function eachWindow(tile: i32, args: usize, work: i32): void {
  const isGradient = work == MAXIMUM_GRADIENT || work == MEAN_GRADIENT;
  const channels = load<i32>(args, CHANNELS);
  const inHeight = load<i32>(args, IN_HEIGHT);
  const inWidth = load<i32>(args, IN_WIDTH);
  const outHeight = load<i32>(args, OUT_HEIGHT);
  const outWidth = load<i32>(args, OUT_WIDTH);
  const channelTiles = load<i32>(args, CHANNEL_TILES);
  const image = tile / channelTiles;
  const first = (tile % channelTiles) * load<i32>(args, CHANNELS_A_TILE);
  const count = min(load<i32>(args, CHANNELS_A_TILE), channels - first);
  const pixelBytes = <usize>channels << 2;
  const inOffset = <usize>(image * inHeight * inWidth) * pixelBytes + (<usize>first << 2);
  const input = <usize>load<u32>(args, INPUT) + inOffset;
  const inputGradient = <usize>load<u32>(args, OUTPUT) + inOffset;
  let output =
    <usize>load<u32>(args + (isGradient ? OUTPUT_GRADIENT : OUTPUT)) +
    <usize>(image * outHeight * outWidth) * pixelBytes +
    (<usize>first << 2);
  if (isGradient) {
    for (let i = 0; i < inHeight * inWidth; ++i) {
      memory.fill(inputGradient + <usize>i * pixelBytes, 0, <usize>count << 2);
    }
  }
  for (let y = 0; y < outHeight; ++y) {
    const top = y * load<i32>(args, STRIDE_Y) - load<i32>(args, PAD_TOP);
    const y0 = max(0, top),
      y1 = min(inHeight, top + load<i32>(args, WINDOW_HEIGHT));
    for (let x = 0; x < outWidth; ++x) {
      const left = x * load<i32>(args, STRIDE_X) - load<i32>(args, PAD_LEFT);
      const x0 = max(0, left),
        x1 = min(inWidth, left + load<i32>(args, WINDOW_WIDTH));
      if (work == MAXIMUM_GRADIENT) {
        passToMaximum(input, inputGradient, output, y0, y1, x0, x1, inWidth, pixelBytes, count);
      } else if (work == MEAN_GRADIENT) {
        if (y1 > y0 && x1 > x0) passToAll(inputGradient, output, y0, y1, x0, x1, inWidth, pixelBytes, count);
      } else {
        poolWindow(input, output, y0, y1, x0, x1, inWidth, pixelBytes, count, work == MAXIMUM);
      }
      output += pixelBytes;
    }
  }
}

/** A window's maximum or mean. */
// @ts-ignore: decorator
@inline
function poolWindow(
  input: usize,
  output: usize,
  y0: i32,
  y1: i32,
  x0: i32,
  x1: i32,
  inWidth: i32,
  pixelBytes: usize,
  count: i32,
  isMax: bool,
): void {
  const divisor = <f32>((y1 - y0) * (x1 - x0));
  let c = 0;
  for (; c + 4 <= count; c += 4) {
    let result = f32x4.splat(isMax ? <f32>-Infinity : 0);
    for (let i = y0; i < y1; ++i) {
      let p = input + <usize>(i * inWidth + x0) * pixelBytes + (<usize>c << 2);
      for (let j = x0; j < x1; ++j) {
        const value = v128.load(p);
        result = isMax ? f32x4.pmax(result, value) : f32x4.add(result, value);
        p += pixelBytes;
      }
    }
    v128.store(output + (<usize>c << 2), isMax ? result : f32x4.div(result, f32x4.splat(divisor)));
  }
  for (; c < count; ++c) {
    let result: f32 = isMax ? <f32>-Infinity : 0;
    for (let i = y0; i < y1; ++i) {
      let p = input + <usize>(i * inWidth + x0) * pixelBytes + (<usize>c << 2);
      for (let j = x0; j < x1; ++j) {
        const value = load<f32>(p);
        result = isMax ? (value > result ? value : result) : result + value;
        p += pixelBytes;
      }
    }
    store<f32>(output + (<usize>c << 2), isMax ? result : result / divisor);
  }
}

/** Adds a window's gradient to its first maximum. */
function passToMaximum(
  input: usize,
  gradient: usize,
  outputGradient: usize,
  y0: i32,
  y1: i32,
  x0: i32,
  x1: i32,
  inWidth: i32,
  pixelBytes: usize,
  count: i32,
): void {
  let c = 0;
  for (; c + 4 <= count; c += 4) {
    const channel = <usize>c << 2;
    let best = f32x4.splat(<f32>-Infinity);
    let at = i32x4.splat(-1);
    for (let i = y0; i < y1; ++i) {
      for (let j = x0; j < x1; ++j) {
        const pixel = i * inWidth + j;
        const value = v128.load(input + <usize>pixel * pixelBytes + channel);
        const better = f32x4.gt(value, best);
        best = v128.bitselect(value, best, better);
        at = v128.bitselect(i32x4.splat(pixel), at, better);
      }
    }
    const dy = v128.load(outputGradient + channel);
    for (let i = y0; i < y1; ++i) {
      for (let j = x0; j < x1; ++j) {
        const pixel = i * inWidth + j;
        const p = gradient + <usize>pixel * pixelBytes + channel;
        const mine = v128.and(dy, i32x4.eq(at, i32x4.splat(pixel)));
        v128.store(p, f32x4.add(v128.load(p), mine));
      }
    }
  }
  for (; c < count; ++c) {
    const channel = <usize>c << 2;
    let best: f32 = <f32>-Infinity;
    let at: usize = 0;
    for (let i = y0; i < y1; ++i) {
      for (let j = x0; j < x1; ++j) {
        const offset = <usize>(i * inWidth + j) * pixelBytes + channel;
        const value = load<f32>(input + offset);
        if (value > best) {
          best = value;
          at = gradient + offset;
        }
      }
    }
    if (at != 0) store<f32>(at, load<f32>(at) + load<f32>(outputGradient + channel));
  }
}

/** Spreads a window's gradient over the pixels that exist. */
function passToAll(
  gradient: usize,
  outputGradient: usize,
  y0: i32,
  y1: i32,
  x0: i32,
  x1: i32,
  inWidth: i32,
  pixelBytes: usize,
  count: i32,
): void {
  const share = <f32>1 / <f32>((y1 - y0) * (x1 - x0));
  for (let i = y0; i < y1; ++i) {
    for (let j = x0; j < x1; ++j) {
      const pixel = gradient + <usize>(i * inWidth + j) * pixelBytes;
      let c = 0;
      for (; c + 4 <= count; c += 4) {
        const p = pixel + (<usize>c << 2);
        const dy = f32x4.mul(v128.load(outputGradient + (<usize>c << 2)), f32x4.splat(share));
        v128.store(p, f32x4.add(v128.load(p), dy));
      }
      for (; c < count; ++c) {
        const p = pixel + (<usize>c << 2);
        store<f32>(p, load<f32>(p) + load<f32>(outputGradient + (<usize>c << 2)) * share);
      }
    }
  }
}
