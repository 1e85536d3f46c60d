/**
 * Grey-scale dilation, `y = max over the window of x + filter`, and its gradients.
 *
 * Padding does not count. Of equal sums the first counts, row by row, as in tfjs's cpu engine. A tile is an image of the output, or a
 * channel where all images add to the same filter.
 */

/** Arguments, as byte offsets into the job's arguments. */
const INPUT: usize = 0;
const FILTER: usize = 4;
const OUTPUT: usize = 8;
const OUTPUT_GRADIENT: usize = 12;
const BATCH: usize = 16;
const IN_HEIGHT: usize = 20;
const IN_WIDTH: usize = 24;
const OUT_HEIGHT: usize = 28;
const OUT_WIDTH: usize = 32;
const CHANNELS: usize = 36;
const WINDOW_HEIGHT: usize = 40;
const WINDOW_WIDTH: usize = 44;
const STRIDE_Y: usize = 48;
const STRIDE_X: usize = 52;
const DILATION_Y: usize = 56;
const DILATION_X: usize = 60;
const PAD_TOP: usize = 64;
const PAD_LEFT: usize = 68;

const VALUE: i32 = 0;
const INPUT_GRADIENT: i32 = 1;
const FILTER_GRADIENT: i32 = 2;

/** Arguments: input, filter, output. A tile is an image. */
export function dilationTile(tile: i32, args: usize): void {
  for (let c = 0; c < load<i32>(args, CHANNELS); ++c) dilateImage(tile, c, args, VALUE);
}

/** Arguments: input, filter, input gradient (zeros), output gradient. A tile is an image. */
export function dilationInputGradientTile(tile: i32, args: usize): void {
  for (let c = 0; c < load<i32>(args, CHANNELS); ++c) dilateImage(tile, c, args, INPUT_GRADIENT);
}

/** Arguments: input, filter, filter gradient (zeros), output gradient. A tile is a channel. */
export function dilationFilterGradientTile(tile: i32, args: usize): void {
  for (let image = 0; image < load<i32>(args, BATCH); ++image) dilateImage(image, tile, args, FILTER_GRADIENT);
}

/** Visits the windows of one channel of an image; `work`, a constant wherever this is inlined, says what is done with each. */
// @ts-ignore: decorator
@inline
function dilateImage(image: i32, channel: i32, args: usize, work: i32): void {
  const channels = load<i32>(args, CHANNELS);
  const inHeight = load<i32>(args, IN_HEIGHT);
  const inWidth = load<i32>(args, IN_WIDTH);
  const outHeight = load<i32>(args, OUT_HEIGHT);
  const outWidth = load<i32>(args, OUT_WIDTH);
  const windowHeight = load<i32>(args, WINDOW_HEIGHT);
  const windowWidth = load<i32>(args, WINDOW_WIDTH);
  const input = <usize>load<u32>(args, INPUT);
  const filter = <usize>load<u32>(args, FILTER);
  const output = <usize>load<u32>(args, OUTPUT);
  const outputGradient = <usize>load<u32>(args, OUTPUT_GRADIENT);
  for (let y = 0; y < outHeight; ++y) {
    const top = y * load<i32>(args, STRIDE_Y) - load<i32>(args, PAD_TOP);
    for (let x = 0; x < outWidth; ++x) {
      const left = x * load<i32>(args, STRIDE_X) - load<i32>(args, PAD_LEFT);
      let best: f32 = <f32>-Infinity;
      let inputAt = -1,
        filterAt = -1;
      for (let i = 0; i < windowHeight; ++i) {
        const row = top + i * load<i32>(args, DILATION_Y);
        if (row < 0 || row >= inHeight) continue;
        for (let j = 0; j < windowWidth; ++j) {
          const column = left + j * load<i32>(args, DILATION_X);
          if (column < 0 || column >= inWidth) continue;
          const here = ((image * inHeight + row) * inWidth + column) * channels + channel;
          const tap = (i * windowWidth + j) * channels + channel;
          const sum = load<f32>(input + (<usize>here << 2)) + load<f32>(filter + (<usize>tap << 2));
          if (inputAt < 0 || sum > best) {
            best = sum;
            inputAt = here;
            filterAt = tap;
          }
        }
      }
      const out = <usize>(((image * outHeight + y) * outWidth + x) * channels + channel) << 2;
      if (work == VALUE) {
        store<f32>(output + out, best);
      } else if (inputAt >= 0) {
        const target = output + (<usize>(work == INPUT_GRADIENT ? inputAt : filterAt) << 2);
        store<f32>(target, load<f32>(target) + load<f32>(outputGradient + out));
      }
    }
  }
}
