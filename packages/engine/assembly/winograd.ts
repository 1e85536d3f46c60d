/**
 * 3x3 convolutions of stride 1 by Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray 2015, section 4.2): 36 products a
 * channel pair for 16 outputs instead of 144.
 *
 * Image tiles of 6x6 pixels and filters become 36 values each; 36 small matrix products follow; their results become 4x4 outputs.
 * The filter's gradient is the same map transposed: dFilter = G^T [(A dy A^T) * (B^T d B)] G.
 */
import { ACCUMULATE, ADD_BIAS, multiplyTile, RELU, RELU6 } from './gemm';

/** Where the scratch memory of this file begins, after that of the other kernels. */
const BASE: usize = 8192 + 2 * 131072;
const ZEROS: usize = BASE; // 1,024 floats that stay 0: a pixel outside the image
const PIXELS: usize = BASE + 4096; // 36 addresses
const SQUARE: usize = BASE + 4352; // 36 vectors between the two passes of a transform
const SUMS: usize = BASE + 8192; // [36][tiles][8]
const VALUES: usize = BASE + 65536; // transformed values
/**
 * Added to the distance between two of the 36 matrices. A transform writes to all of them in turn; at distances of whole 4 KiB
 * their lines would share one set of the first-level cache.
 */
const SKEW: usize = 64;

// ---- The six transforms of one line. Strides are in bytes; a line's elements are vectors of 4 channels.

// @ts-ignore: decorator
@inline
function times(a: v128, factor: f32): v128 {
  return f32x4.mul(a, f32x4.splat(factor));
}

/** B^T: 6 -> 6. */
// @ts-ignore: decorator
@inline
function transformInput(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, to: usize, stride: usize): void {
  const a = f32x4.sub(d4, times(d2, 4)),
    b = f32x4.sub(d3, times(d1, 4)),
    c = f32x4.sub(d4, d2),
    e = times(f32x4.sub(d3, d1), 2);
  v128.store(to, f32x4.add(f32x4.sub(times(d0, 4), times(d2, 5)), d4));
  v128.store(to + stride, f32x4.add(a, b));
  v128.store(to + 2 * stride, f32x4.sub(a, b));
  v128.store(to + 3 * stride, f32x4.add(c, e));
  v128.store(to + 4 * stride, f32x4.sub(c, e));
  v128.store(to + 5 * stride, f32x4.add(f32x4.sub(times(d1, 4), times(d3, 5)), d5));
}

/** A^T: 6 -> 4, from addresses `stride` apart. */
// @ts-ignore: decorator
@inline
function transformOutput(from: usize, stride: usize, to: usize, toStride: usize): void {
  const m1 = v128.load(from + stride),
    m2 = v128.load(from + 2 * stride),
    m3 = v128.load(from + 3 * stride),
    m4 = v128.load(from + 4 * stride);
  const p = f32x4.add(m1, m2),
    q = f32x4.sub(m1, m2),
    r = f32x4.add(m3, m4),
    s = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(f32x4.add(v128.load(from), p), r));
  v128.store(to + toStride, f32x4.add(q, times(s, 2)));
  v128.store(to + 2 * toStride, f32x4.add(p, times(r, 4)));
  v128.store(to + 3 * toStride, f32x4.add(f32x4.add(q, times(s, 8)), v128.load(from + 5 * stride)));
}

/** A: 4 -> 6. */
// @ts-ignore: decorator
@inline
function transformOutputGradient(y0: v128, y1: v128, y2: v128, y3: v128, to: usize, stride: usize): void {
  const even = f32x4.add(y0, y2),
    odd = f32x4.add(y1, y3),
    even2 = f32x4.add(y0, times(y2, 4)),
    odd2 = f32x4.add(times(y1, 2), times(y3, 8));
  v128.store(to, y0);
  v128.store(to + stride, f32x4.add(even, odd));
  v128.store(to + 2 * stride, f32x4.sub(even, odd));
  v128.store(to + 3 * stride, f32x4.add(even2, odd2));
  v128.store(to + 4 * stride, f32x4.sub(even2, odd2));
  v128.store(to + 5 * stride, y3);
}

/** G: 3 -> 6. */
// @ts-ignore: decorator
@inline
function transformFilter(g0: v128, g1: v128, g2: v128, to: usize, stride: usize): void {
  const s = f32x4.add(g0, g2),
    u = f32x4.add(times(g0, 1.0 / 24), times(g2, 1.0 / 6)),
    v = times(g1, 1.0 / 12);
  v128.store(to, times(g0, 0.25));
  v128.store(to + stride, times(f32x4.add(s, g1), -1.0 / 6));
  v128.store(to + 2 * stride, times(f32x4.sub(s, g1), -1.0 / 6));
  v128.store(to + 3 * stride, f32x4.add(u, v));
  v128.store(to + 4 * stride, f32x4.sub(u, v));
  v128.store(to + 5 * stride, g2);
}

/** G^T: 6 -> 3, from addresses `stride` apart. */
// @ts-ignore: decorator
@inline
function transformFilterGradient(from: usize, stride: usize, to: usize, toStride: usize): void {
  const m1 = v128.load(from + stride),
    m2 = v128.load(from + 2 * stride),
    m3 = v128.load(from + 3 * stride),
    m4 = v128.load(from + 4 * stride);
  const p = times(f32x4.add(m1, m2), -1.0 / 6),
    q = times(f32x4.sub(m1, m2), -1.0 / 6),
    r = f32x4.add(m3, m4),
    s = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(f32x4.add(times(v128.load(from), 0.25), p), times(r, 1.0 / 24)));
  v128.store(to + toStride, f32x4.add(q, times(s, 1.0 / 12)));
  v128.store(to + 2 * toStride, f32x4.add(f32x4.add(p, times(r, 1.0 / 6)), v128.load(from + 5 * stride)));
}

// ---- The filter.

/**
 * Tile of the job that transforms a filter: one panel of 8 columns -> [36][depth][8], panel after panel.
 * Arguments: source, target, depth, columns, transposed (1: gradient of the input, the filter turned by half a turn and
 * read as [columns][depth]).
 */
export function winogradFilterTile(panel: i32, args: usize, scratch: usize): void {
  const depth = load<i32>(args, 8);
  const columns = load<i32>(args, 12);
  const isTransposed = load<i32>(args, 16) != 0;
  const source = <usize>load<u32>(args);
  const tapBytes = (<usize>depth * <usize>columns) << 2;
  const frequencyBytes = ((<usize>depth) << 5) + SKEW;
  let target = <usize>load<u32>(args, 4) + <usize>(panel * 36) * frequencyBytes;
  const half = scratch + SQUARE;
  for (let k = 0; k < depth; ++k) {
    for (let part = 0; part < 2; ++part) {
      const column = panel * 8 + part * 4;
      for (let x = 0; x < 3; ++x) {
        transformFilter(
          weights(source, x, tapBytes, k, column, depth, columns, isTransposed),
          weights(source, 3 + x, tapBytes, k, column, depth, columns, isTransposed),
          weights(source, 6 + x, tapBytes, k, column, depth, columns, isTransposed),
          half + (<usize>x << 4),
          48,
        );
      }
      const to = target + (<usize>part << 4);
      for (let y = 0; y < 6; ++y) {
        const row = half + <usize>y * 48;
        transformFilter(
          v128.load(row),
          v128.load(row, 16),
          v128.load(row, 32),
          to + <usize>(y * 6) * frequencyBytes,
          frequencyBytes,
        );
      }
    }
    target += 32;
  }
}

/** Four columns of one row of one tap. */
// @ts-ignore: decorator
@inline
function weights(
  source: usize,
  tap: i32,
  tapBytes: usize,
  row: i32,
  column: i32,
  depth: i32,
  columns: i32,
  isTransposed: bool,
): v128 {
  if (!isTransposed) {
    return v128.load(source + <usize>tap * tapBytes + ((<usize>row * <usize>columns + <usize>column) << 2));
  }
  const stride = <usize>depth << 2;
  const at = source + <usize>(8 - tap) * tapBytes + <usize>column * stride + (<usize>row << 2);
  let w = v128.load32_zero(at);
  w = v128.load_lane<f32>(at + stride, w, 1);
  w = v128.load_lane<f32>(at + 2 * stride, w, 2);
  return v128.load_lane<f32>(at + 3 * stride, w, 3);
}

// ---- The product, forward and for the input's gradient.

/** Arguments of the product, as byte offsets into the job's arguments. */
const IMAGE: usize = 0;
const FILTER: usize = 4;
const OUTPUT: usize = 8;
const BIAS: usize = 12;
const MODE: usize = 16;
const IN_HEIGHT: usize = 20;
const IN_WIDTH: usize = 24;
const OUT_HEIGHT: usize = 28;
const OUT_WIDTH: usize = 32;
const DEPTH: usize = 36;
const COLUMNS: usize = 40;
const PAD_TOP: usize = 44;
const PAD_LEFT: usize = 48;
const TILE_COUNT: usize = 52; // Winograd tiles of all images
const TILES_A_JOB: usize = 56; // multiple of 4
const PANELS_A_JOB: usize = 60;
const COLUMN_JOBS: usize = 64;

/** Tile of the product: some Winograd tiles by some column panels. */
export function winogradProductTile(tile: i32, args: usize, scratch: usize): void {
  const columnJobs = load<i32>(args, COLUMN_JOBS);
  const tilesAJob = load<i32>(args, TILES_A_JOB);
  const panelsAJob = load<i32>(args, PANELS_A_JOB);
  const depth = load<i32>(args, DEPTH);
  const panels = load<i32>(args, COLUMNS) / 8;
  const first = (tile / columnJobs) * tilesAJob;
  const count = min(tilesAJob, load<i32>(args, TILE_COUNT) - first);
  const groups = (count + 3) / 4;
  const firstPanel = (tile % columnJobs) * panelsAJob;
  const lastPanel = min(firstPanel + panelsAJob, panels);
  transformTiles(first, count, groups, args, scratch);
  const groupBytes = (<usize>depth) << 4;
  const valueBytes = <usize>groups * groupBytes + SKEW;
  const filterBytes = ((<usize>depth) << 5) + SKEW;
  const sumBytes = (<usize>groups << 7) + SKEW; // [tiles][8] of one frequency
  for (let panel = firstPanel; panel < lastPanel; ++panel) {
    for (let frequency = 0; frequency < 36; ++frequency) {
      const b = <usize>load<u32>(args, FILTER) + <usize>(panel * 36 + frequency) * filterBytes;
      let a = scratch + VALUES + <usize>frequency * valueBytes;
      let to = scratch + SUMS + <usize>frequency * sumBytes;
      for (let g = 0; g < groups; ++g) {
        multiplyTile(a, b, to, to + 32, to + 64, to + 96, depth, 0, 0);
        a += groupBytes;
        to += 128;
      }
    }
    writeOutputs(first, count, panel, sumBytes, args, scratch);
  }
}

/** Addresses of the 36 pixels of a Winograd tile, those outside at the zeros. */
function locatePixels(
  image: usize,
  top: i32,
  left: i32,
  height: i32,
  width: i32,
  pixelBytes: usize,
  scratch: usize,
): void {
  let at = scratch + PIXELS;
  for (let y = top; y < top + 6; ++y) {
    for (let x = left; x < left + 6; ++x) {
      const isInside = <u32>y < <u32>height && <u32>x < <u32>width;
      store<u32>(at, <u32>(isInside ? image + <usize>(y * width + x) * pixelBytes : scratch + ZEROS));
      at += 4;
    }
  }
}

/** First pass of an input tile's transform: its 6 columns -> SQUARE [6][6]. */
// @ts-ignore: decorator
@inline
function transformColumns(channel: usize, scratch: usize): void {
  for (let x: usize = 0; x < 6; ++x) {
    const at = scratch + PIXELS + (x << 2);
    transformInput(
      v128.load(<usize>load<u32>(at) + channel),
      v128.load(<usize>load<u32>(at, 24) + channel),
      v128.load(<usize>load<u32>(at, 48) + channel),
      v128.load(<usize>load<u32>(at, 72) + channel),
      v128.load(<usize>load<u32>(at, 96) + channel),
      v128.load(<usize>load<u32>(at, 120) + channel),
      scratch + SQUARE + (x << 4),
      96,
    );
  }
}

/** Second pass: the 6 rows of SQUARE -> 36 addresses `stride` apart. */
// @ts-ignore: decorator
@inline
function transformRows(scratch: usize, to: usize, stride: usize): void {
  for (let y: usize = 0; y < 6; ++y) {
    const row = scratch + SQUARE + y * 96;
    transformInput(
      v128.load(row),
      v128.load(row, 16),
      v128.load(row, 32),
      v128.load(row, 48),
      v128.load(row, 64),
      v128.load(row, 80),
      to + y * 6 * stride,
      stride,
    );
  }
}

/** Transforms the job's tiles -> VALUES [36][groups of 4 tiles][depth][4]. */
function transformTiles(first: i32, count: i32, groups: i32, args: usize, scratch: usize): void {
  const depth = load<i32>(args, DEPTH);
  const groupBytes = (<usize>depth) << 4;
  const frequencyBytes = <usize>groups * groupBytes + SKEW;
  const whole = scratch + SQUARE + 1024;
  for (let t = 0; t < groups * 4; ++t) {
    locateTile(first + min(t, count - 1), args, scratch);
    const to = scratch + VALUES + <usize>(t >> 2) * groupBytes + (<usize>(t & 3) << 2);
    for (let c = 0; c < depth; c += 4) {
      transformColumns(<usize>c << 2, scratch);
      transformRows(scratch, whole, 16);
      let at = to + (<usize>c << 4);
      for (let frequency: usize = 0; frequency < 36; ++frequency) {
        const value = v128.load(whole + (frequency << 4));
        v128.store_lane<f32>(at, value, 0);
        v128.store_lane<f32>(at + 16, value, 1);
        v128.store_lane<f32>(at + 32, value, 2);
        v128.store_lane<f32>(at + 48, value, 3);
        at += frequencyBytes;
      }
    }
  }
}

function locateTile(index: i32, args: usize, scratch: usize): void {
  const tilesX = (load<i32>(args, OUT_WIDTH) + 3) / 4;
  const tilesY = (load<i32>(args, OUT_HEIGHT) + 3) / 4;
  const height = load<i32>(args, IN_HEIGHT);
  const width = load<i32>(args, IN_WIDTH);
  const pixelBytes = <usize>load<i32>(args, DEPTH) << 2;
  const image = index / (tilesX * tilesY);
  locatePixels(
    <usize>load<u32>(args, IMAGE) + <usize>(image * height * width) * pixelBytes,
    ((index / tilesX) % tilesY) * 4 - load<i32>(args, PAD_TOP),
    (index % tilesX) * 4 - load<i32>(args, PAD_LEFT),
    height,
    width,
    pixelBytes,
    scratch,
  );
}

/** Transforms one panel's sums back and writes the outputs that exist. */
function writeOutputs(first: i32, count: i32, panel: i32, sumBytes: usize, args: usize, scratch: usize): void {
  const outHeight = load<i32>(args, OUT_HEIGHT);
  const outWidth = load<i32>(args, OUT_WIDTH);
  const pixelBytes = <usize>load<i32>(args, COLUMNS) << 2;
  const mode = load<i32>(args, MODE);
  const tilesX = (outWidth + 3) / 4;
  const tilesY = (outHeight + 3) / 4;
  const half = scratch + SQUARE;
  const whole = half + 1024;
  for (let t = 0; t < count; ++t) {
    const index = first + t;
    const image = index / (tilesX * tilesY);
    const top = ((index / tilesX) % tilesY) * 4;
    const left = (index % tilesX) * 4;
    const rows = min(4, outHeight - top);
    const columns = min(4, outWidth - left);
    for (let part: usize = 0; part < 32; part += 16) {
      const from = scratch + SUMS + (<usize>t << 5) + part;
      for (let x: usize = 0; x < 6; ++x) {
        transformOutput(from + x * sumBytes, 6 * sumBytes, half + (x << 4), 96);
      }
      for (let y: usize = 0; y < 4; ++y) transformOutput(half + y * 96, 16, whole + (y << 6), 16);
      const column = (<usize>panel << 5) + part;
      const bias = mode & ADD_BIAS ? v128.load(<usize>load<u32>(args, BIAS) + column) : f32x4.splat(0);
      for (let y = 0; y < rows; ++y) {
        let to =
          <usize>load<u32>(args, OUTPUT) +
          <usize>((image * outHeight + top + y) * outWidth + left) * pixelBytes +
          column;
        for (let x = 0; x < columns; ++x) {
          let value = f32x4.add(v128.load(whole + <usize>((y * 4 + x) << 4)), bias);
          if (mode & ACCUMULATE) value = f32x4.add(value, v128.load(to));
          if (mode & RELU) value = f32x4.max(value, f32x4.splat(0));
          if (mode & RELU6) value = f32x4.min(value, f32x4.splat(6));
          v128.store(to, value);
          to += pixelBytes;
        }
      }
    }
  }
}

// ---- The filter's gradient.

/** Arguments that differ from the product's: the gradient of the output stands in FILTER, that of the filter in OUTPUT. */
const ROWS_A_JOB: usize = 56; // channels of the image, multiple of 4
const COLUMNS_A_JOB: usize = 60; // channels of the output, multiple of 8
/** Winograd tiles of a block of the reduction. */
const BLOCK_TILES: i32 = 60;

/** Tile of the filter's gradient: some input channels by some output channels, over all Winograd tiles in their order. */
export function winogradFilterGradientTile(tile: i32, args: usize, scratch: usize): void {
  const depth = load<i32>(args, DEPTH);
  const columns = load<i32>(args, COLUMNS);
  const columnJobs = load<i32>(args, COLUMN_JOBS);
  const rowsAJob = load<i32>(args, ROWS_A_JOB);
  const columnsAJob = load<i32>(args, COLUMNS_A_JOB);
  const firstRow = (tile / columnJobs) * rowsAJob;
  const rows = min(rowsAJob, depth - firstRow);
  const firstColumn = (tile % columnJobs) * columnsAJob;
  const jobColumns = min(columnsAJob, columns - firstColumn);
  const tileCount = load<i32>(args, TILE_COUNT);
  const images = scratch + VALUES;
  const gradients = images + 36 * (((<usize>BLOCK_TILES * <usize>rows) << 2) + SKEW);
  const sums = gradients + 36 * (((<usize>BLOCK_TILES * <usize>jobColumns) << 2) + SKEW);
  for (let first = 0; first < tileCount; first += BLOCK_TILES) {
    const count = min(BLOCK_TILES, tileCount - first);
    transformImages(first, count, firstRow, rows, images, args, scratch);
    transformGradients(first, count, firstColumn, jobColumns, gradients, args, scratch);
    const mode = first > 0 ? ACCUMULATE : 0;
    const stride = <usize>jobColumns << 2;
    for (let frequency = 0; frequency < 36; ++frequency) {
      for (let j = 0; j < jobColumns; j += 8) {
        const b =
          gradients +
          <usize>frequency * (((<usize>jobColumns * <usize>count) << 2) + SKEW) +
          ((<usize>(j * count)) << 2);
        for (let i = 0; i < rows; i += 4) {
          const a =
            images + <usize>frequency * (((<usize>rows * <usize>count) << 2) + SKEW) + ((<usize>(i * count)) << 2);
          const to = sums + <usize>(frequency * rows + i) * stride + (<usize>j << 2);
          multiplyTile(a, b, to, to + stride, to + 2 * stride, to + 3 * stride, count, mode, 0);
        }
      }
    }
  }
  writeFilterGradient(firstRow, rows, firstColumn, jobColumns, sums, args, scratch);
}

/** -> [36][rows / 4][tiles][4]. */
function transformImages(
  first: i32,
  count: i32,
  firstRow: i32,
  rows: i32,
  images: usize,
  args: usize,
  scratch: usize,
): void {
  const panelBytes = <usize>count << 4;
  const frequencyBytes = <usize>(rows / 4) * panelBytes + SKEW;
  for (let t = 0; t < count; ++t) {
    locateTile(first + t, args, scratch);
    let to = images + (<usize>t << 4);
    for (let c = firstRow; c < firstRow + rows; c += 4) {
      transformColumns(<usize>c << 2, scratch);
      transformRows(scratch, to, frequencyBytes);
      to += panelBytes;
    }
  }
}

/** -> [36][columns / 8][tiles][8]. */
function transformGradients(
  first: i32,
  count: i32,
  firstColumn: i32,
  jobColumns: i32,
  gradients: usize,
  args: usize,
  scratch: usize,
): void {
  const outHeight = load<i32>(args, OUT_HEIGHT);
  const outWidth = load<i32>(args, OUT_WIDTH);
  const tilesX = (outWidth + 3) / 4;
  const tilesY = (outHeight + 3) / 4;
  const pixelBytes = <usize>load<i32>(args, COLUMNS) << 2;
  const panelBytes = <usize>count << 5;
  const frequencyBytes = <usize>(jobColumns / 8) * panelBytes + SKEW;
  const pixels = scratch + PIXELS;
  for (let t = 0; t < count; ++t) {
    const index = first + t;
    const image = index / (tilesX * tilesY);
    const top = ((index / tilesX) % tilesY) * 4;
    const left = (index % tilesX) * 4;
    for (let y = 0; y < 4; ++y) {
      for (let x = 0; x < 4; ++x) {
        const isInside = top + y < outHeight && left + x < outWidth;
        const at =
          <usize>load<u32>(args, FILTER) +
          <usize>((image * outHeight + top + y) * outWidth + left + x) * pixelBytes;
        store<u32>(pixels + <usize>((y * 4 + x) << 2), <u32>(isInside ? at : scratch + ZEROS));
      }
    }
    for (let c = 0; c < jobColumns; c += 4) {
      const channel = <usize>(firstColumn + c) << 2;
      for (let x: usize = 0; x < 4; ++x) {
        const at = pixels + (x << 2);
        transformOutputGradient(
          v128.load(<usize>load<u32>(at) + channel),
          v128.load(<usize>load<u32>(at, 16) + channel),
          v128.load(<usize>load<u32>(at, 32) + channel),
          v128.load(<usize>load<u32>(at, 48) + channel),
          scratch + SQUARE + (x << 4),
          64,
        );
      }
      const to =
        gradients + <usize>(c >> 3) * panelBytes + (<usize>t << 5) + (<usize>(c & 4) << 2);
      for (let y: usize = 0; y < 6; ++y) {
        const row = scratch + SQUARE + (y << 6);
        transformOutputGradient(
          v128.load(row),
          v128.load(row, 16),
          v128.load(row, 32),
          v128.load(row, 48),
          to + y * 6 * frequencyBytes,
          frequencyBytes,
        );
      }
    }
  }
}

function writeFilterGradient(
  firstRow: i32,
  rows: i32,
  firstColumn: i32,
  jobColumns: i32,
  sums: usize,
  args: usize,
  scratch: usize,
): void {
  const columns = load<i32>(args, COLUMNS);
  const tapBytes = (<usize>load<i32>(args, DEPTH) * <usize>columns) << 2;
  const frequencyBytes = (<usize>rows * <usize>jobColumns) << 2;
  const half = scratch + SQUARE;
  for (let i = 0; i < rows; ++i) {
    for (let j = 0; j < jobColumns; j += 4) {
      const from = sums + (<usize>(i * jobColumns + j) << 2);
      for (let x: usize = 0; x < 6; ++x) {
        transformFilterGradient(from + x * frequencyBytes, 6 * frequencyBytes, half + (x << 4), 96);
      }
      const to =
        <usize>load<u32>(args, OUTPUT) +
        (<usize>((firstRow + i) * columns + firstColumn + j) << 2);
      for (let y: usize = 0; y < 3; ++y) {
        transformFilterGradient(half + y * 96, 16, to + y * 3 * tapBytes, tapBytes);
      }
    }
  }
}
