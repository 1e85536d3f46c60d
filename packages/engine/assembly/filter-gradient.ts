/** The gradient of a convolution with respect to its filter: [taps x channels][pixels] times [pixels][output channels]. */
import { ACCUMULATE, multiplyEdgeTile, multiplyTile } from './gemm';
import { packColumns } from './pack';

/** Pixels of a block of the reduction. Not a power of two: panels 4 KiB apart would share the lines of the first-level cache. */
const BLOCK_PIXELS: i32 = 240;

const SPARE: usize = 2048;
const PACKED: usize = 8192;

/** Arguments, as byte offsets into the job's arguments. */
const IMAGE: usize = 0;
const OUTPUT_GRADIENT: usize = 4;
const FILTER_GRADIENT: usize = 8;
const DUMMY: usize = 12;
const PIXEL_COUNT: usize = 16;
const OUT_HEIGHT: usize = 20;
const OUT_WIDTH: usize = 24;
const IN_HEIGHT: usize = 28;
const IN_WIDTH: usize = 32;
const CHANNELS: usize = 36;
const STRIDE_Y: usize = 40;
const STRIDE_X: usize = 44;
const TAPS: usize = 48;
const TAP_COUNT: usize = 52;
const COLUMNS: usize = 56;
const ROWS_A_TILE: usize = 60; // multiple of 4
const COLUMNS_A_TILE: usize = 64; // multiple of 8
const COLUMN_TILES: usize = 68;

/** Tile of a filter gradient: a range of (tap, channel) by a range of output channels, over all pixels in their order. */
export function filterGradientTile(tile: i32, args: usize, scratch: usize): void {
  const channels = load<i32>(args, CHANNELS);
  const columns = load<i32>(args, COLUMNS);
  const pixelCount = load<i32>(args, PIXEL_COUNT);
  const rowsATile = load<i32>(args, ROWS_A_TILE);
  const columnsATile = load<i32>(args, COLUMNS_A_TILE);
  const columnTiles = load<i32>(args, COLUMN_TILES);
  const firstRow = (tile / columnTiles) * rowsATile;
  const rows = min(rowsATile, channels * load<i32>(args, TAP_COUNT) - firstRow);
  const firstColumn = (tile % columnTiles) * columnsATile;
  const tileColumns = min(columnsATile, columns - firstColumn);
  const packedRows = scratch + PACKED;
  const packedColumns = packedRows + ((<usize>rowsATile * BLOCK_PIXELS) << 2);
  for (let pixel = 0; pixel < pixelCount; pixel += BLOCK_PIXELS) {
    const pixels = min(BLOCK_PIXELS, pixelCount - pixel);
    if ((channels & 3) == 0) packAlignedRows(firstRow, rows, pixel, pixels, args, packedRows);
    else packAnyRows(firstRow, rows, pixel, pixels, args, packedRows);
    const gradient =
      <usize>load<u32>(args, OUTPUT_GRADIENT) + ((<usize>pixel * <usize>columns + <usize>firstColumn) << 2);
    for (let j = 0; j < tileColumns; j += 8) {
      packColumns(
        gradient + ((<usize>j) << 2),
        (<usize>columns) << 2,
        pixels,
        tileColumns - j,
        packedColumns + ((<usize>j * <usize>pixels) << 2),
      );
    }
    multiplyPixels(firstRow, rows, firstColumn, tileColumns, pixels, pixel > 0, args, scratch, packedColumns);
  }
}

function multiplyPixels(
  firstRow: i32,
  rows: i32,
  firstColumn: i32,
  tileColumns: i32,
  pixels: i32,
  accumulate: bool,
  args: usize,
  scratch: usize,
  packedColumns: usize,
): void {
  const columns = load<i32>(args, COLUMNS);
  const stride = (<usize>columns) << 2;
  const dummy = <usize>load<u32>(args, DUMMY);
  const target = <usize>load<u32>(args, FILTER_GRADIENT);
  const mode = accumulate ? ACCUMULATE : 0;
  for (let j = 0; j < tileColumns; j += 8) {
    const b = packedColumns + ((<usize>j * <usize>pixels) << 2);
    const column = (<usize>(firstColumn + j)) << 2;
    for (let i = 0; i < rows; i += 4) {
      const a = scratch + PACKED + ((<usize>i * <usize>pixels) << 2);
      const row0 = target + <usize>(firstRow + i) * stride + column;
      const row1 = i + 1 < rows ? row0 + stride : dummy;
      const row2 = i + 2 < rows ? row0 + 2 * stride : dummy;
      const row3 = i + 3 < rows ? row0 + 3 * stride : dummy;
      if (tileColumns - j >= 8) {
        multiplyTile(a, b, row0, row1, row2, row3, pixels, mode, 0);
      } else {
        multiplyEdgeTile(a, b, row0, row1, row2, row3, pixels, mode, 0, tileColumns - j, scratch + SPARE);
      }
    }
  }
}

/** Panels [pixels][4] of (tap, channel) rows where 4 consecutive rows belong to one tap. */
function packAlignedRows(
  firstRow: i32,
  rows: i32,
  firstPixel: i32,
  pixels: i32,
  args: usize,
  target: usize,
): void {
  packRows(firstRow, rows, firstPixel, pixels, args, target, true);
}

/** The same for any number of channels, value by value. */
function packAnyRows(
  firstRow: i32,
  rows: i32,
  firstPixel: i32,
  pixels: i32,
  args: usize,
  target: usize,
): void {
  packRows(firstRow, rows, firstPixel, pixels, args, target, false);
}

/** Both of them, in functions of their own: within the tile's, V8 packs the stem's rows 2 % slower. */
// @ts-ignore: decorator
@inline
function packRows(
  firstRow: i32,
  rows: i32,
  firstPixel: i32,
  pixels: i32,
  args: usize,
  target: usize,
  isAligned: bool,
): void {
  const channels = load<i32>(args, CHANNELS);
  const outWidth = load<i32>(args, OUT_WIDTH);
  const outHeight = load<i32>(args, OUT_HEIGHT);
  const inHeight = load<i32>(args, IN_HEIGHT);
  const inWidth = load<i32>(args, IN_WIDTH);
  const taps = <usize>load<u32>(args, TAPS);
  const strideY = load<i32>(args, STRIDE_Y);
  const strideX = load<i32>(args, STRIDE_X);
  const image = <usize>load<u32>(args, IMAGE);
  const panelStride = (<usize>pixels) << 4;
  // The last panel is filled up with rows of zeros.
  const panelRows = (rows + 3) & ~3;
  let i = 0;
  while (i < panelRows) {
    const tap = (firstRow + i) / channels;
    const channel = firstRow + i - tap * channels;
    const count = isAligned ? min(channels - channel, rows - i) : 1;
    const exists = isAligned || i < rows;
    const dy = exists ? load<i32>(taps + ((<usize>tap) << 3)) : 0;
    const dx = exists ? load<i32>(taps + ((<usize>tap) << 3), 4) : 0;
    let to = target + <usize>(i >> 2) * panelStride + ((<usize>(i & 3)) << 2);
    let x = firstPixel % outWidth;
    let y = (firstPixel / outWidth) % outHeight;
    let n = firstPixel / outWidth / outHeight;
    for (let p = 0; p < pixels; ++p) {
      const inY = y * strideY + dy;
      const inX = x * strideX + dx;
      if (exists && <u32>inY < <u32>inHeight && <u32>inX < <u32>inWidth) {
        let from =
          image + ((<usize>((n * inHeight + inY) * inWidth + inX) * <usize>channels + <usize>channel) << 2);
        if (isAligned) {
          for (let c = 0, panel = to; c < count; c += 4, from += 16, panel += panelStride) {
            v128.store(panel, v128.load(from));
          }
        } else {
          store<f32>(to, load<f32>(from));
        }
      } else if (isAligned) {
        for (let c = 0, panel = to; c < count; c += 4, panel += panelStride) v128.store(panel, f32x4.splat(0));
      } else {
        store<f32>(to, 0);
      }
      to += 16;
      if (++x == outWidth) {
        x = 0;
        if (++y == outHeight) {
          y = 0;
          ++n;
        }
      }
    }
    i += count;
  }
}
