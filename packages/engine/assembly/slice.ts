/** A box of values cut out of a tensor. A tile is some of the box's runs: values that lie one after another in both tensors. */

/** Arguments, as byte offsets into the job's arguments. Strides are in values. */
const INPUT: usize = 0; // address of the box's first value
const OUTPUT: usize = 4;
const RUNS: usize = 8;
const RUNS_A_TILE: usize = 12;
const RUN_VALUES: usize = 16;
const MIDDLE_SIZE: usize = 20;
const INNER_SIZE: usize = 24;
const OUTER_STRIDE: usize = 28;
const MIDDLE_STRIDE: usize = 32;
const INNER_STRIDE: usize = 36;

/** Runs are numbered row by row over three axes: outer, middle, inner. */
export function sliceTile(tile: i32, args: usize): void {
  const runsATile = load<i32>(args, RUNS_A_TILE);
  const first = tile * runsATile;
  const end = min(first + runsATile, load<i32>(args, RUNS));
  const middleSize = load<i32>(args, MIDDLE_SIZE);
  const innerSize = load<i32>(args, INNER_SIZE);
  const input = <usize>load<u32>(args, INPUT);
  const runBytes = (<usize>load<u32>(args, RUN_VALUES)) << 2;
  const outerBytes = (<usize>load<u32>(args, OUTER_STRIDE)) << 2;
  const middleBytes = (<usize>load<u32>(args, MIDDLE_STRIDE)) << 2;
  const innerBytes = (<usize>load<u32>(args, INNER_STRIDE)) << 2;
  let y = <usize>load<u32>(args, OUTPUT) + <usize>first * runBytes;
  let inner = first % innerSize;
  let middle = (first / innerSize) % middleSize;
  let outer = first / innerSize / middleSize;
  for (let run = first; run < end; ++run) {
    const x = input + <usize>outer * outerBytes + <usize>middle * middleBytes + <usize>inner * innerBytes;
    copyValues(y, x, runBytes);
    y += runBytes;
    if (++inner < innerSize) continue;
    inner = 0;
    if (++middle < middleSize) continue;
    middle = 0;
    ++outer;
  }
}

/** A run may be of one value: `memory.copy` costs more than so short a loop. */
function copyValues(y: usize, x: usize, bytes: usize): void {
  if (bytes > 1024) {
    memory.copy(y, x, bytes);
    return;
  }
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(y + i, v128.load(x + i));
  for (; i < bytes; i += 4) store<u32>(y + i, load<u32>(x + i));
}
