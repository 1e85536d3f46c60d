/**
 * The gradients of a depthwise convolution: output channel c * multiplier + m comes from input channel c alone.
 *
 * Each value is read once a tap and used once, so that memory sets the pace and no packing pays.
 */

/** Arguments, as byte offsets into the job's arguments. */
const IN_HEIGHT: usize = 12;
const IN_WIDTH: usize = 16;
const OUT_HEIGHT: usize = 20;
const OUT_WIDTH: usize = 24;
const CHANNELS: usize = 28;
const MULTIPLIER: usize = 32;
const FILTER_HEIGHT: usize = 36;
const FILTER_WIDTH: usize = 40;
const STRIDE_Y: usize = 44;
const STRIDE_X: usize = 48;
const DILATION_Y: usize = 52;
const DILATION_X: usize = 56;
const PAD_TOP: usize = 60;
const PAD_LEFT: usize = 64;
const CHANNELS_A_TILE: usize = 68; // output channels, a multiple of 4
const CHANNEL_TILES: usize = 72;

/** The first output position whose tap, `offset` before it, lies at 0 or later. */
// @ts-ignore: decorator
@inline
export function firstOutput(offset: i32, stride: i32): i32 {
  return offset > 0 ? (offset + stride - 1) / stride : 0;
}

/** One more than the last output position whose tap, `offset` before it, lies within `inputs`. */
// @ts-ignore: decorator
@inline
export function endOfOutputs(offset: i32, stride: i32, inputs: i32, outputs: i32): i32 {
  const last = inputs - 1 + offset;
  return last < 0 ? 0 : min(outputs, last / stride + 1);
}

/** Arguments: input gradient, output gradient, filter. Tile: a row of an image of the input. */
export function depthwiseInputGradientTile(tile: i32, args: usize): void {
  const inHeight = load<i32>(args, IN_HEIGHT);
  const inWidth = load<i32>(args, IN_WIDTH);
  const outHeight = load<i32>(args, OUT_HEIGHT);
  const outWidth = load<i32>(args, OUT_WIDTH);
  const channels = load<i32>(args, CHANNELS);
  const multiplier = load<i32>(args, MULTIPLIER);
  const filterWidth = load<i32>(args, FILTER_WIDTH);
  const strideY = load<i32>(args, STRIDE_Y);
  const strideX = load<i32>(args, STRIDE_X);
  const inBytes = <usize>channels << 2;
  const outBytes = inBytes * <usize>multiplier;
  const image = tile / inHeight;
  const inputGradient = <usize>load<u32>(args) + <usize>(tile * inWidth) * inBytes;
  memory.fill(inputGradient, 0, <usize>inWidth * inBytes);
  for (let tapY = 0; tapY < load<i32>(args, FILTER_HEIGHT); ++tapY) {
    const below = (tile % inHeight) + load<i32>(args, PAD_TOP) - tapY * load<i32>(args, DILATION_Y);
    if (below < 0 || below % strideY != 0 || below / strideY >= outHeight) continue;
    const gradientRow =
      <usize>load<u32>(args, 4) + <usize>((image * outHeight + below / strideY) * outWidth) * outBytes;
    for (let tapX = 0; tapX < filterWidth; ++tapX) {
      const offset = load<i32>(args, PAD_LEFT) - tapX * load<i32>(args, DILATION_X);
      const filter = <usize>load<u32>(args, 8) + <usize>(tapY * filterWidth + tapX) * outBytes;
      const end = endOfOutputs(offset, strideX, inWidth, outWidth);
      for (let x = firstOutput(offset, strideX); x < end; ++x) {
        const target = inputGradient + <usize>(x * strideX - offset) * inBytes;
        addProducts(target, gradientRow + <usize>x * outBytes, filter, channels, multiplier);
      }
    }
  }
}

/** target[c] += sum over m of gradient[c][m] * filter[c][m]. */
// @ts-ignore: decorator
@inline
function addProducts(target: usize, gradient: usize, filter: usize, channels: i32, multiplier: i32): void {
  let c: usize = 0;
  if (multiplier == 1) {
    for (const whole = <usize>(channels & ~3) << 2; c < whole; c += 16) {
      const product = f32x4.mul(v128.load(gradient + c), v128.load(filter + c));
      v128.store(target + c, f32x4.add(v128.load(target + c), product));
    }
  }
  for (const end = <usize>channels << 2; c < end; c += 4) {
    let sum = load<f32>(target + c);
    const from = c * <usize>multiplier;
    for (let m: usize = 0; m < <usize>multiplier << 2; m += 4) {
      sum += load<f32>(gradient + from + m) * load<f32>(filter + from + m);
    }
    store<f32>(target + c, sum);
  }
}

/**
 * Arguments: input, output gradient, partial sums [image][filter]. Tile: an image by a range of output channels; the images' sums
 * are added afterwards, so that the result does not depend on the number of threads.
 */
export function depthwiseFilterGradientTile(tile: i32, args: usize): void {
  const inHeight = load<i32>(args, IN_HEIGHT);
  const inWidth = load<i32>(args, IN_WIDTH);
  const outHeight = load<i32>(args, OUT_HEIGHT);
  const outWidth = load<i32>(args, OUT_WIDTH);
  const multiplier = load<i32>(args, MULTIPLIER);
  const filterHeight = load<i32>(args, FILTER_HEIGHT);
  const filterWidth = load<i32>(args, FILTER_WIDTH);
  const strideX = load<i32>(args, STRIDE_X);
  const channelTiles = load<i32>(args, CHANNEL_TILES);
  const inBytes = <usize>load<i32>(args, CHANNELS) << 2;
  const outBytes = inBytes * <usize>multiplier;
  const image = tile / channelTiles;
  const first = (tile % channelTiles) * load<i32>(args, CHANNELS_A_TILE);
  const count = min(load<i32>(args, CHANNELS_A_TILE), load<i32>(args, CHANNELS) * multiplier - first);
  const input = <usize>load<u32>(args) + <usize>(image * inHeight * inWidth) * inBytes;
  const partial = <usize>load<u32>(args, 8) + <usize>(image * filterHeight * filterWidth) * outBytes;
  for (let tap = 0; tap < filterHeight * filterWidth; ++tap) {
    memory.fill(partial + <usize>tap * outBytes + (<usize>first << 2), 0, <usize>count << 2);
  }
  // Row by row of the output, so that its values and those of the rows that it came from are in the cache for all taps.
  for (let y = 0; y < outHeight; ++y) {
    const gradientRow = <usize>load<u32>(args, 4) + <usize>((image * outHeight + y) * outWidth) * outBytes;
    for (let tapY = 0; tapY < filterHeight; ++tapY) {
      const inY = y * load<i32>(args, STRIDE_Y) - load<i32>(args, PAD_TOP) + tapY * load<i32>(args, DILATION_Y);
      if (<u32>inY >= <u32>inHeight) continue;
      for (let tapX = 0; tapX < filterWidth; ++tapX) {
        const offset = load<i32>(args, PAD_LEFT) - tapX * load<i32>(args, DILATION_X);
        const start = firstOutput(offset, strideX);
        addPixels(
          partial + <usize>(tapY * filterWidth + tapX) * outBytes,
          input + <usize>(inY * inWidth + start * strideX - offset) * inBytes,
          <usize>strideX * inBytes,
          gradientRow + <usize>start * outBytes,
          outBytes,
          endOfOutputs(offset, strideX, inWidth, outWidth) - start,
          first,
          first + count,
          multiplier,
        );
      }
    }
  }
}

/** target[d] += sum over pixels of input[d / multiplier] * gradient[d], for the output channels from `first` to `end`. */
// @ts-ignore: decorator
@inline
function addPixels(
  target: usize,
  input: usize,
  inputStride: usize,
  gradient: usize,
  gradientStride: usize,
  pixels: i32,
  first: i32,
  end: i32,
  multiplier: i32,
): void {
  let d = first;
  if (multiplier == 1) {
    for (; d + 4 <= end; d += 4) {
      const at = <usize>d << 2;
      let x = input + at,
        g = gradient + at;
      let sum = v128.load(target + at);
      for (let p = 0; p < pixels; ++p) {
        sum = f32x4.add(sum, f32x4.mul(v128.load(x), v128.load(g)));
        x += inputStride;
        g += gradientStride;
      }
      v128.store(target + at, sum);
    }
  }
  for (; d < end; ++d) {
    let x = input + (<usize>(d / multiplier) << 2),
      g = gradient + (<usize>d << 2);
    let sum = load<f32>(target + (<usize>d << 2));
    for (let p = 0; p < pixels; ++p) {
      sum += load<f32>(x) * load<f32>(g);
      x += inputStride;
      g += gradientStride;
    }
    store<f32>(target + (<usize>d << 2), sum);
  }
}
