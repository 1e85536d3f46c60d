/** The gradients of 3-D convolutions, plainly: no network of the family has one. */

/** Arguments, as byte offsets into the job's arguments; sizes, strides and paddings of depth, height and width follow each other. */
const INPUT: usize = 0;
const FILTER: usize = 4;
const OUTPUT: usize = 8;
const BATCH: usize = 12;
const IN_CHANNELS: usize = 16;
const OUT_CHANNELS: usize = 20;
const IN_SIZE: usize = 24;
const OUT_SIZE: usize = 36;
const WINDOW: usize = 48;
const STRIDES: usize = 60;
const PADDING: usize = 72;

/** Arguments: input gradient (zeros), filter, output gradient. A tile is a volume. */
export function convolution3dInputGradientTile(tile: i32, args: usize): void {
  const taps = load<i32>(args, WINDOW) * load<i32>(args, WINDOW + 4) * load<i32>(args, WINDOW + 8);
  for (let tap = 0; tap < taps; ++tap) eachPosition(tile, tap, args, true);
}

/** Arguments: input, filter gradient (zeros), output gradient. A tile is a tap of the filter. */
export function convolution3dFilterGradientTile(tile: i32, args: usize): void {
  for (let volume = 0; volume < load<i32>(args, BATCH); ++volume) eachPosition(volume, tile, args, false);
}

/** Visits what one tap of the filter reads of a volume; `isInput`, a constant wherever this is inlined, says whose gradient it is. */
// @ts-ignore: decorator
@inline
function eachPosition(volume: i32, tap: i32, args: usize, isInput: bool): void {
  const inChannels = load<i32>(args, IN_CHANNELS),
    outChannels = load<i32>(args, OUT_CHANNELS);
  const inDepth = load<i32>(args, IN_SIZE),
    inHeight = load<i32>(args, IN_SIZE + 4),
    inWidth = load<i32>(args, IN_SIZE + 8);
  const outDepth = load<i32>(args, OUT_SIZE),
    outHeight = load<i32>(args, OUT_SIZE + 4),
    outWidth = load<i32>(args, OUT_SIZE + 8);
  const windowHeight = load<i32>(args, WINDOW + 4),
    windowWidth = load<i32>(args, WINDOW + 8);
  const front = tap / (windowHeight * windowWidth) - load<i32>(args, PADDING);
  const top = ((tap / windowWidth) % windowHeight) - load<i32>(args, PADDING + 4);
  const left = (tap % windowWidth) - load<i32>(args, PADDING + 8);
  const filter = <usize>load<u32>(args, FILTER) + (<usize>(tap * inChannels * outChannels) << 2);
  for (let z = 0; z < outDepth; ++z) {
    const plane = z * load<i32>(args, STRIDES) + front;
    if (plane < 0 || plane >= inDepth) continue;
    for (let y = 0; y < outHeight; ++y) {
      const row = y * load<i32>(args, STRIDES + 4) + top;
      if (row < 0 || row >= inHeight) continue;
      for (let x = 0; x < outWidth; ++x) {
        const column = x * load<i32>(args, STRIDES + 8) + left;
        if (column < 0 || column >= inWidth) continue;
        const here = ((volume * inDepth + plane) * inHeight + row) * inWidth + column;
        const there = ((volume * outDepth + z) * outHeight + y) * outWidth + x;
        const input = <usize>load<u32>(args, INPUT) + (<usize>(here * inChannels) << 2);
        const dy = <usize>load<u32>(args, OUTPUT) + (<usize>(there * outChannels) << 2);
        for (let c = 0; c < inChannels; ++c) {
          const weights = filter + (<usize>(c * outChannels) << 2);
          const at = input + (<usize>c << 2);
          let sum: f32 = 0;
          for (let d = 0; d < outChannels; ++d) {
            const offset = <usize>d << 2;
            if (isInput) sum += load<f32>(dy + offset) * load<f32>(weights + offset);
            else
              store<f32>(weights + offset, load<f32>(weights + offset) + load<f32>(dy + offset) * load<f32>(at));
          }
          if (isInput) store<f32>(at, load<f32>(at) + sum);
        }
      }
    }
  }
}
