/** Max-pooling of volumes and its gradient. A tile is a volume; of equal maxima the first counts, as in tfjs's cpu engine. */

/** Arguments, as byte offsets into the job's arguments; sizes, strides and paddings of depth, height and width follow each other. */
const INPUT: usize = 0;
const OUTPUT: usize = 4;
const OUTPUT_GRADIENT: usize = 8;
const CHANNELS: usize = 12;
const IN_SIZE: usize = 16;
const OUT_SIZE: usize = 28;
const WINDOW: usize = 40;
const STRIDES: usize = 52;
const DILATIONS: usize = 64;
const PADDING: usize = 76;

/** Arguments: input, output. */
export function maxPool3dTile(tile: i32, args: usize): void {
  eachWindow(tile, args, false);
}

/** Arguments: input, input gradient (zeros), output gradient. */
export function maxPool3dGradientTile(tile: i32, args: usize): void {
  eachWindow(tile, args, true);
}

// @ts-ignore: decorator
@inline
function eachWindow(volume: i32, args: usize, isGradient: bool): void {
  const channels = load<i32>(args, CHANNELS);
  const inDepth = load<i32>(args, IN_SIZE),
    inHeight = load<i32>(args, IN_SIZE + 4),
    inWidth = load<i32>(args, IN_SIZE + 8);
  const outDepth = load<i32>(args, OUT_SIZE),
    outHeight = load<i32>(args, OUT_SIZE + 4),
    outWidth = load<i32>(args, OUT_SIZE + 8);
  const input = <usize>load<u32>(args, INPUT);
  const output = <usize>load<u32>(args, OUTPUT);
  const outputGradient = <usize>load<u32>(args, OUTPUT_GRADIENT);
  let out = volume * outDepth * outHeight * outWidth * channels;
  for (let z = 0; z < outDepth; ++z) {
    for (let y = 0; y < outHeight; ++y) {
      for (let x = 0; x < outWidth; ++x) {
        const front = z * load<i32>(args, STRIDES) - load<i32>(args, PADDING);
        const top = y * load<i32>(args, STRIDES + 4) - load<i32>(args, PADDING + 4);
        const left = x * load<i32>(args, STRIDES + 8) - load<i32>(args, PADDING + 8);
        for (let c = 0; c < channels; ++c) {
          let best: f32 = <f32>-Infinity;
          let at = -1;
          for (let k = 0; k < load<i32>(args, WINDOW); ++k) {
            const plane = front + k * load<i32>(args, DILATIONS);
            if (plane < 0 || plane >= inDepth) continue;
            for (let i = 0; i < load<i32>(args, WINDOW + 4); ++i) {
              const row = top + i * load<i32>(args, DILATIONS + 4);
              if (row < 0 || row >= inHeight) continue;
              for (let j = 0; j < load<i32>(args, WINDOW + 8); ++j) {
                const column = left + j * load<i32>(args, DILATIONS + 8);
                if (column < 0 || column >= inWidth) continue;
                const here = (((volume * inDepth + plane) * inHeight + row) * inWidth + column) * channels + c;
                const value = load<f32>(input + (<usize>here << 2));
                if (value > best) {
                  best = value;
                  at = here;
                }
              }
            }
          }
          const outAddress = <usize>(out++) << 2;
          if (!isGradient) {
            store<f32>(output + outAddress, best);
          } else if (at >= 0) {
            const target = output + (<usize>at << 2);
            store<f32>(target, load<f32>(target) + load<f32>(outputGradient + outAddress));
          }
        }
      }
    }
  }
}
