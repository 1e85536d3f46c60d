/** Convolutions as matrix products whose left side is gathered from the image while it is packed (implicit GEMM). */
import { ACCUMULATE, multiplyEdgeTile, multiplyTile } from './gemm';
import { interleaveRows } from './pack';

/** Depth of a block: a packed panel of 8 columns then fills a third of the first-level cache. */
const BLOCK_DEPTH: i32 = 512;

/** Layout of a thread's scratch memory, in bytes. */
const ZEROS: usize = 0; // BLOCK_DEPTH floats that stay 0
const SPARE: usize = 2048; // an edge tile
const DUMMY_ROW: usize = 2304; // where rows that do not exist are written
const ROWS: usize = 4096; // four i32 a row: image, y, x, output address
const PACKED: usize = 8192;

/** Arguments of a gathered product, as byte offsets into the job's arguments. */
const IMAGE: usize = 0;
const FILTER: usize = 4; // packed: [panel][depth][8]
const OUTPUT: usize = 8;
const BIAS: usize = 12;
const MODE: usize = 16;
const ROW_COUNT: usize = 20;
const OUT_HEIGHT: usize = 24;
const OUT_WIDTH: usize = 28;
const IN_HEIGHT: usize = 32;
const IN_WIDTH: usize = 36;
const CHANNELS: usize = 40; // of the gathered image
const STRIDE_Y: usize = 44;
const STRIDE_X: usize = 48;
const TAPS: usize = 52; // address of (dy, dx, taps from this on that are neighbours in a row of the image)
const TAP_BYTES: usize = 12;
const TAP_COUNT: usize = 56;
const COLUMNS: usize = 60;
const OUT_IMAGE_STRIDE: usize = 64; // bytes
const OUT_ROW_STRIDE: usize = 68;
const OUT_PIXEL_STRIDE: usize = 72;
const PANELS_A_TILE: usize = 76;
const COLUMN_TILES: usize = 80;
const LEFT_TRANSPOSED: usize = 84; // a dense left side [depth][rows]
const ROWS_A_TILE: usize = 88;

/** Tile of a gathered product: a block of output pixels by a range of column panels. */
export function gatheredProductTile(tile: i32, args: usize, scratch: usize): void {
  const columnTiles = load<i32>(args, COLUMN_TILES);
  const rowsATile = load<i32>(args, ROWS_A_TILE);
  const panelsATile = load<i32>(args, PANELS_A_TILE);
  const columns = load<i32>(args, COLUMNS);
  const firstRow = (tile / columnTiles) * rowsATile;
  const rows = min(rowsATile, load<i32>(args, ROW_COUNT) - firstRow);
  const firstPanel = (tile % columnTiles) * panelsATile;
  const lastPanel = min(firstPanel + panelsATile, (columns + 7) / 8);
  const depth = load<i32>(args, CHANNELS) * load<i32>(args, TAP_COUNT);
  const mode = load<i32>(args, MODE);
  const bias = <usize>load<u32>(args, BIAS);
  locateRows(firstRow, rows, args, scratch);
  for (let k = 0; k < depth; k += BLOCK_DEPTH) {
    const blockDepth = min(BLOCK_DEPTH, depth - k);
    if (load<i32>(args, LEFT_TRANSPOSED) != 0) packTransposedLeft(firstRow, rows, k, blockDepth, args, scratch);
    else packRows(rows, k, blockDepth, args, scratch);
    let blockMode = k > 0 ? ACCUMULATE : mode & ACCUMULATE;
    if (k + blockDepth >= depth) blockMode |= mode;
    for (let panel = firstPanel; panel < lastPanel; ++panel) {
      const filter =
        <usize>load<u32>(args, FILTER) + (((<usize>panel * <usize>depth) + <usize>k) << 5);
      multiplyBlock(rows, blockDepth, panel, filter, columns - panel * 8, blockMode, bias, scratch);
    }
  }
}

function multiplyBlock(
  rows: i32,
  depth: i32,
  panel: i32,
  filter: usize,
  columns: i32,
  mode: i32,
  bias: usize,
  scratch: usize,
): void {
  const column = <usize>panel << 5;
  let a = scratch + PACKED;
  let row = scratch + ROWS;
  const end = row + (<usize>rows << 4);
  while (row < end) {
    const r0 = <usize>load<u32>(row, 12) + column;
    const r1 = <usize>load<u32>(row, 28) + column;
    const r2 = <usize>load<u32>(row, 44) + column;
    const r3 = <usize>load<u32>(row, 60) + column;
    if (columns >= 8) {
      multiplyTile(a, filter, r0, r1, r2, r3, depth, mode, bias + column);
    } else {
      multiplyEdgeTile(a, filter, r0, r1, r2, r3, depth, mode, bias + column, columns, scratch + SPARE);
    }
    a += (<usize>depth) << 4;
    row += 64;
  }
}

/** Writes where each row of the block reads and writes; rows up to the next multiple of 4 that do not exist point at a dummy. */
function locateRows(firstRow: i32, rows: i32, args: usize, scratch: usize): void {
  const outWidth = load<i32>(args, OUT_WIDTH);
  const outHeight = load<i32>(args, OUT_HEIGHT);
  const imageBytes =
    (<usize>load<u32>(args, IN_HEIGHT) * <usize>load<u32>(args, IN_WIDTH) * <usize>load<u32>(args, CHANNELS)) << 2;
  const imageStride = <usize>load<u32>(args, OUT_IMAGE_STRIDE);
  const rowStride = <usize>load<u32>(args, OUT_ROW_STRIDE);
  const pixelStride = <usize>load<u32>(args, OUT_PIXEL_STRIDE);
  let x = firstRow % outWidth;
  let y = (firstRow / outWidth) % outHeight;
  let n = firstRow / outWidth / outHeight;
  let target = scratch + ROWS;
  for (let i = 0; i < rows; ++i) {
    store<u32>(target, <u32>(<usize>load<u32>(args, IMAGE) + <usize>n * imageBytes));
    store<i32>(target, y * load<i32>(args, STRIDE_Y), 4);
    store<i32>(target, x * load<i32>(args, STRIDE_X), 8);
    store<u32>(
      target,
      <u32>(
        (<usize>load<u32>(args, OUTPUT) + <usize>n * imageStride + <usize>y * rowStride + <usize>x * pixelStride)
      ),
      12,
    );
    target += 16;
    if (++x == outWidth) {
      x = 0;
      if (++y == outHeight) {
        y = 0;
        ++n;
      }
    }
  }
  for (let i = rows; (i & 3) != 0; ++i) {
    store<u32>(target, 0);
    // The dummy's address is one from which any column offset stays within the dummy: see OUTPUT of the caller.
    store<u32>(target, <u32>load<u32>(args, DUMMY), 12);
    target += 16;
  }
}

/** Address of a region as long as an output row (rounded up to 8 columns) that nobody reads. */
const DUMMY: usize = 92;

/** Packs `depth` values from `firstDepth` on of each row, gathered from the image, as panels [depth][4]. */
function packRows(rows: i32, firstDepth: i32, depth: i32, args: usize, scratch: usize): void {
  const channels = load<i32>(args, CHANNELS);
  const inHeight = load<i32>(args, IN_HEIGHT);
  const inWidth = load<i32>(args, IN_WIDTH);
  const taps = <usize>load<u32>(args, TAPS);
  const zeros = scratch + ZEROS;
  let row = scratch + ROWS;
  let target = scratch + PACKED;
  const end = row + (<usize>rows << 4);
  while (row < end) {
    let k = firstDepth;
    const lastDepth = firstDepth + depth;
    while (k < lastDepth) {
      const tap = k / channels;
      const channel = k - tap * channels;
      const dy = load<i32>(taps + <usize>tap * TAP_BYTES);
      const dx = load<i32>(taps + <usize>tap * TAP_BYTES, 4);
      let run = load<i32>(taps + <usize>tap * TAP_BYTES, 8);
      // Neighbouring pixels lie one after the other: an image of 3 channels would else be read 3 values at a time.
      if (run > 1 && !areInside(row, dy, dx, run, inHeight, inWidth)) run = 1;
      const count = min(run * channels - channel, lastDepth - k);
      interleaveRows(
        pixel(row, dy, dx, inHeight, inWidth, channels, channel, zeros),
        pixel(row + 16, dy, dx, inHeight, inWidth, channels, channel, zeros),
        pixel(row + 32, dy, dx, inHeight, inWidth, channels, channel, zeros),
        pixel(row + 48, dy, dx, inHeight, inWidth, channels, channel, zeros),
        count,
        target,
      );
      target += <usize>count << 4;
      k += count;
    }
    row += 64;
  }
}

/** True if `run` neighbouring pixels of each of four rows all lie in the image. */
// @ts-ignore: decorator
@inline
function areInside(row: usize, dy: i32, dx: i32, run: i32, inHeight: i32, inWidth: i32): bool {
  for (let at = row; at < row + 64; at += 16) {
    const x = load<i32>(at, 8) + dx;
    const isInside = <u32>(load<i32>(at, 4) + dy) < <u32>inHeight && x >= 0 && x + run <= inWidth;
    if (!isInside) return false;
  }
  return true;
}

// @ts-ignore: decorator
@inline
function pixel(
  row: usize,
  dy: i32,
  dx: i32,
  inHeight: i32,
  inWidth: i32,
  channels: i32,
  channel: i32,
  zeros: usize,
): usize {
  const image = <usize>load<u32>(row);
  const y = load<i32>(row, 4) + dy;
  const x = load<i32>(row, 8) + dx;
  // Unsigned comparison: negative coordinates are outside as well.
  if (image == 0 || <u32>y >= <u32>inHeight || <u32>x >= <u32>inWidth) return zeros;
  return image + ((<usize>(y * inWidth + x) * <usize>channels + <usize>channel) << 2);
}

/** The same for a dense left side that is stored as [depth][rows]. */
function packTransposedLeft(
  firstRow: i32,
  rows: i32,
  firstDepth: i32,
  depth: i32,
  args: usize,
  scratch: usize,
): void {
  const rowCount = load<i32>(args, ROW_COUNT);
  const stride = <usize>rowCount << 2;
  let target = scratch + PACKED;
  for (let i = 0; i < rows; i += 4) {
    let source =
      <usize>load<u32>(args, IMAGE) + (((<usize>firstDepth * <usize>rowCount) + <usize>(firstRow + i)) << 2);
    const valid = rows - i;
    if (valid >= 4) {
      for (let k = 0; k < depth; ++k) {
        v128.store(target, v128.load(source));
        source += stride;
        target += 16;
      }
    } else {
      for (let k = 0; k < depth; ++k) {
        for (let j = 0; j < 4; ++j) {
          store<f32>(target + (<usize>j << 2), j < valid ? load<f32>(source + (<usize>j << 2)) : 0);
        }
        source += stride;
        target += 16;
      }
    }
  }
}
