import { powerOfTwo } from './wgsl';

/**
 * How work on [rows, channels] is shared out where each channel is summed over all rows.
 *
 * A workgroup has a strip of channels and a block of rows; its threads are `lanes` next to each other along the channels (four channels
 * each where they divide by four) and `rowLanes` along the rows. The first pass leaves one sum a block and channel; whoever needs the
 * total adds up the blocks, in the same order everywhere.
 */
export interface ChannelPasses {
  readonly rows: number;
  readonly channels: number;
  /** True if four channels are one value, a `vec4f`. */
  readonly vectors: boolean;
  /** Values a row: channels, or quads of them. */
  readonly width: number;
  readonly lanes: number;
  readonly rowLanes: number;
  readonly strips: number;
  readonly blocks: number;
  readonly blockRows: number;
}

export const CHANNEL_THREADS = 256;
const MOST_BLOCKS = 256;
/** Workgroups that keep a large card busy. */
const BUSY_WORKGROUPS = 512;
/** Rows that a thread takes at least, if there are so many. */
const ROWS_A_THREAD = 4;

/** Shares out [..., channels]; `groups` tensors of this shape are summed at once. */
export function channelPasses(shape: readonly number[], groups = 1): ChannelPasses {
  const channels = shape.at(-1)!;
  const rows = shape.reduce((product, size) => product * size, 1) / channels;
  const vectors = channels % 4 === 0;
  const width = vectors ? channels / 4 : channels;
  const lanes = Math.min(vectors ? 8 : 32, powerOfTwo(width));
  const rowLanes = CHANNEL_THREADS / lanes;
  const strips = Math.ceil(width / lanes);
  const wanted = Math.min(
    Math.ceil(BUSY_WORKGROUPS / (strips * groups)),
    Math.ceil(rows / (rowLanes * ROWS_A_THREAD)),
    MOST_BLOCKS,
  );
  const blockRows = Math.ceil(rows / wanted);
  // Rounding the rows of a block up may leave the last ones nothing.
  const blocks = Math.ceil(rows / blockRows);
  return { rows, channels, vectors, width, lanes, rowLanes, strips, blocks, blockRows };
}

/**
 * Adds up what the threads of a lane have: `items` are arrays in shared memory, [rowLane][lane]; `combine` are statements that add index
 * `other` to index `mine`. Ends with the sums at row lane 0 and a barrier.
 */
export function addUpRowLanes(combine: string): string {
  return `
  workgroupBarrier();
  for (var half = rowLanes / 2u; half > 0u; half /= 2u) {
    if (rowLane < half) {
      let mine = thread;
      let other = thread + half * sizes.lanes;
      ${combine}
    }
    workgroupBarrier();
  }`;
}

/** The fields that {@link PASS_START} wants first in the uniform block. */
export const PASS_FIELDS = {
  rows: 'u32',
  width: 'u32',
  blocks: 'u32',
  blockRows: 'u32',
  lanes: 'u32',
} as const;

/**
 * The start of a pass: `lane`, `rowLane`, `rowLanes`, `at` (the channel or quad of channels), `isHere`, `firstRow`, `endRow`. Lanes are
 * no constant, so that all sizes share a program.
 */
export const PASS_START = `
  let lane = thread % sizes.lanes;
  let rowLane = thread / sizes.lanes;
  let rowLanes = ${CHANNEL_THREADS}u / sizes.lanes;
  let at = group.x * sizes.lanes + lane;
  let isHere = at < sizes.width;
  let firstRow = group.y * sizes.blockRows;
  let endRow = min(sizes.rows, firstRow + sizes.blockRows);`;
