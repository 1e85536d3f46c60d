/**
 * Grouped convolutions and their gradients: each group of channels is convolved with its own filter.
 *
 * Groups are narrow, four channels in ResNeXt's first stage. What a dense product packs of its image would be used once or twice here:
 * pixels are read where they lie, and only the filter is packed. Sums are taken in an order that depends on the shape alone.
 */
import { endOfOutputs, firstOutput } from './depthwise';
import { madd } from './gemm';

/** Layout of a thread's scratch memory, in bytes: four rows of sums, then, where others pack, pixels' outputs and those of all taps. */
const SPARE: usize = 2048;
const OUTPUTS: usize = 8192;
const PIXELS: usize = 12288;

/**
 * Packs a group's filter: panels of 8 columns, the last of 4 where that is enough, each [tap][depth][columns], zero-filled.
 *
 * Arguments: filter, packed, offset of each tap (bytes), taps, depth, columns, bytes from one group to the next, from one row of the depth,
 * from one column. Tile: a group.
 */
export function packGroupTile(tile: i32, args: usize): void {
  const taps = load<i32>(args, 12);
  const depth = load<i32>(args, 16);
  const columns = load<i32>(args, 20);
  const rowStride = <usize>load<u32>(args, 28);
  const columnStride = <usize>load<u32>(args, 32);
  const filter = <usize>load<u32>(args) + <usize>tile * <usize>load<u32>(args, 24);
  const padded = (columns + 3) & ~3;
  let to = <usize>load<u32>(args, 4) + ((<usize>tile * <usize>taps * <usize>depth * <usize>padded) << 2);
  for (let first = 0; first < padded; first += 8) {
    const width = min(8, padded - first);
    for (let tap = 0; tap < taps; ++tap) {
      let from = filter + <usize>load<u32>(<usize>load<u32>(args, 8) + (<usize>tap << 2)) + <usize>first * columnStride;
      for (let k = 0; k < depth; ++k) {
        for (let j = 0; j < width; ++j) {
          store<f32>(to, first + j < columns ? load<f32>(from + <usize>j * columnStride) : 0);
          to += 4;
        }
        from += rowStride;
      }
    }
  }
}

/** Arguments of {@link groupedProductTile}, as byte offsets. */
const IMAGE: usize = 0;
const PACKED: usize = 4;
const OUTPUT: usize = 8;
const ZEROS: usize = 12; // a pixel of zeros
const PIXEL_COUNT: usize = 16; // output pixels of the whole batch
const OUT_HEIGHT: usize = 20;
const OUT_WIDTH: usize = 24;
const IN_HEIGHT: usize = 28;
const IN_WIDTH: usize = 32;
const STRIDE_Y: usize = 36;
const STRIDE_X: usize = 40;
const TAPS: usize = 44; // [dy, dx] of each
const TAP_COUNT: usize = 48;
const GROUPS: usize = 52;
const DEPTH: usize = 56; // input channels of a group
const COLUMNS: usize = 60; // output channels of a group
const IMAGE_STRIDE: usize = 64; // bytes from one output image, row and pixel to the next
const ROW_STRIDE: usize = 68;
const PIXEL_STRIDE: usize = 72;
const PIXELS_A_TILE: usize = 76; // a multiple of 4
const GROUPS_A_TILE: usize = 80;
const GROUP_TILES: usize = 84;

/** Tile: a range of output pixels by a range of groups. */
export function groupedProductTile(tile: i32, args: usize, scratch: usize): void {
  const pixelsATile = load<i32>(args, PIXELS_A_TILE);
  const groupTiles = load<i32>(args, GROUP_TILES);
  const taps = load<i32>(args, TAP_COUNT);
  const depth = load<i32>(args, DEPTH);
  const columns = load<i32>(args, COLUMNS);
  const firstPixel = (tile / groupTiles) * pixelsATile;
  const pixels = min(pixelsATile, load<i32>(args, PIXEL_COUNT) - firstPixel);
  const firstGroup = (tile % groupTiles) * load<i32>(args, GROUPS_A_TILE);
  const end = min(firstGroup + load<i32>(args, GROUPS_A_TILE), load<i32>(args, GROUPS));
  locatePixels(firstPixel, pixels, args, scratch);
  const padded = (columns + 3) & ~3;
  const panelBytes = (<usize>taps * <usize>depth) << 2;
  const tapStride = <usize>pixelsATile << 2;
  for (let group = firstGroup; group < end; ++group) {
    const into = (<usize>group * <usize>depth) << 2;
    let panel = <usize>load<u32>(args, PACKED) + <usize>group * <usize>padded * panelBytes;
    for (let first = 0; first < padded; first += 8) {
      const width = min(8, padded - first);
      const target = <usize>(group * columns + first) << 2;
      for (let p = 0; p < pixels; p += 4) {
        const at = scratch + PIXELS + (<usize>p << 2);
        const outputs = scratch + OUTPUTS + (<usize>p << 2);
        const valid = min(4, pixels - p);
        if (width == 8) multiplyEight(at, tapStride, into, panel, taps, depth, scratch + SPARE);
        else multiplyFour(at, tapStride, into, panel, taps, depth, scratch + SPARE);
        copyOut(scratch + SPARE, outputs, target, valid, min(width, columns - first));
      }
      panel += <usize>width * panelBytes;
    }
  }
}

/** Writes where each output pixel goes, and for each tap where the pixel that it reads lies: among the zeros, where there is none. */
function locatePixels(firstPixel: i32, pixels: i32, args: usize, scratch: usize): void {
  const outWidth = load<i32>(args, OUT_WIDTH);
  const outHeight = load<i32>(args, OUT_HEIGHT);
  const inHeight = load<i32>(args, IN_HEIGHT);
  const inWidth = load<i32>(args, IN_WIDTH);
  const taps = load<i32>(args, TAP_COUNT);
  const table = <usize>load<u32>(args, TAPS);
  const image = <usize>load<u32>(args, IMAGE);
  const zeros = load<u32>(args, ZEROS);
  const pixelBytes = <usize>(load<i32>(args, GROUPS) * load<i32>(args, DEPTH)) << 2;
  const tapStride = <usize>load<i32>(args, PIXELS_A_TILE) << 2;
  // The last four are filled up with pixels of zeros, whose sums nobody stores.
  for (let p = 0, whole = (pixels + 3) & ~3; p < whole; ++p) {
    const pixel = firstPixel + p;
    const x = pixel % outWidth;
    const y = (pixel / outWidth) % outHeight;
    const n = pixel / outWidth / outHeight;
    const slot = <usize>p << 2;
    store<u32>(
      scratch + OUTPUTS + slot,
      load<u32>(args, OUTPUT) +
        <u32>n * load<u32>(args, IMAGE_STRIDE) +
        <u32>y * load<u32>(args, ROW_STRIDE) +
        <u32>x * load<u32>(args, PIXEL_STRIDE),
    );
    for (let tap = 0; tap < taps; ++tap) {
      const inY = y * load<i32>(args, STRIDE_Y) + load<i32>(table + (<usize>tap << 3));
      const inX = x * load<i32>(args, STRIDE_X) + load<i32>(table + (<usize>tap << 3), 4);
      const exists = p < pixels && <u32>inY < <u32>inHeight && <u32>inX < <u32>inWidth;
      store<u32>(
        scratch + PIXELS + <usize>tap * tapStride + slot,
        exists ? <u32>(image + <usize>((n * inHeight + inY) * inWidth + inX) * pixelBytes) : zeros,
      );
    }
  }
}

/** Copies the sums of up to four pixels, 8 values apart, to their outputs. */
// @ts-ignore: decorator
@inline
function copyOut(sums: usize, outputs: usize, target: usize, pixels: i32, columns: i32): void {
  for (let p = 0; p < pixels; ++p) {
    const to = <usize>load<u32>(outputs + (<usize>p << 2)) + target;
    const from = sums + (<usize>p << 5);
    if (columns == 8) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    } else if (columns == 4) {
      v128.store(to, v128.load(from));
    } else {
      for (let j: usize = 0; j < <usize>columns << 2; j += 4) store<f32>(to + j, load<f32>(from + j));
    }
  }
}

// @ts-ignore: decorator
@inline
function lane0(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 0, 0, 0, 0);
}
// @ts-ignore: decorator
@inline
function lane1(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 1, 1, 1, 1);
}
// @ts-ignore: decorator
@inline
function lane2(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 2, 2, 2, 2);
}
// @ts-ignore: decorator
@inline
function lane3(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 3, 3, 3, 3);
}

/** sums[4][8] = the four pixels' values of a group, over all taps, times a panel of 8 columns. */
function multiplyEight(
  pixels: usize,
  tapStride: usize,
  into: usize,
  panel: usize,
  taps: i32,
  depth: i32,
  sums: usize,
): void {
  let c00 = f32x4.splat(0),
    c01 = c00,
    c10 = c00,
    c11 = c00,
    c20 = c00,
    c21 = c00,
    c30 = c00,
    c31 = c00;
  for (let tap = 0; tap < taps; ++tap) {
    let a0 = <usize>load<u32>(pixels) + into,
      a1 = <usize>load<u32>(pixels, 4) + into,
      a2 = <usize>load<u32>(pixels, 8) + into,
      a3 = <usize>load<u32>(pixels, 12) + into;
    let n = depth;
    for (; n >= 4; n -= 4) {
      const v0 = v128.load(a0),
        v1 = v128.load(a1),
        v2 = v128.load(a2),
        v3 = v128.load(a3);
      let b0 = v128.load(panel, 0),
        b1 = v128.load(panel, 16);
      let t = lane0(v0);
      c00 = madd(t, b0, c00);
      c01 = madd(t, b1, c01);
      t = lane0(v1);
      c10 = madd(t, b0, c10);
      c11 = madd(t, b1, c11);
      t = lane0(v2);
      c20 = madd(t, b0, c20);
      c21 = madd(t, b1, c21);
      t = lane0(v3);
      c30 = madd(t, b0, c30);
      c31 = madd(t, b1, c31);
      b0 = v128.load(panel, 32);
      b1 = v128.load(panel, 48);
      t = lane1(v0);
      c00 = madd(t, b0, c00);
      c01 = madd(t, b1, c01);
      t = lane1(v1);
      c10 = madd(t, b0, c10);
      c11 = madd(t, b1, c11);
      t = lane1(v2);
      c20 = madd(t, b0, c20);
      c21 = madd(t, b1, c21);
      t = lane1(v3);
      c30 = madd(t, b0, c30);
      c31 = madd(t, b1, c31);
      b0 = v128.load(panel, 64);
      b1 = v128.load(panel, 80);
      t = lane2(v0);
      c00 = madd(t, b0, c00);
      c01 = madd(t, b1, c01);
      t = lane2(v1);
      c10 = madd(t, b0, c10);
      c11 = madd(t, b1, c11);
      t = lane2(v2);
      c20 = madd(t, b0, c20);
      c21 = madd(t, b1, c21);
      t = lane2(v3);
      c30 = madd(t, b0, c30);
      c31 = madd(t, b1, c31);
      b0 = v128.load(panel, 96);
      b1 = v128.load(panel, 112);
      t = lane3(v0);
      c00 = madd(t, b0, c00);
      c01 = madd(t, b1, c01);
      t = lane3(v1);
      c10 = madd(t, b0, c10);
      c11 = madd(t, b1, c11);
      t = lane3(v2);
      c20 = madd(t, b0, c20);
      c21 = madd(t, b1, c21);
      t = lane3(v3);
      c30 = madd(t, b0, c30);
      c31 = madd(t, b1, c31);
      a0 += 16;
      a1 += 16;
      a2 += 16;
      a3 += 16;
      panel += 128;
    }
    for (; n > 0; --n) {
      const b0 = v128.load(panel),
        b1 = v128.load(panel, 16);
      let t = v128.load32_splat(a0);
      c00 = madd(t, b0, c00);
      c01 = madd(t, b1, c01);
      t = v128.load32_splat(a1);
      c10 = madd(t, b0, c10);
      c11 = madd(t, b1, c11);
      t = v128.load32_splat(a2);
      c20 = madd(t, b0, c20);
      c21 = madd(t, b1, c21);
      t = v128.load32_splat(a3);
      c30 = madd(t, b0, c30);
      c31 = madd(t, b1, c31);
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
      panel += 32;
    }
    pixels += tapStride;
  }
  v128.store(sums, c00);
  v128.store(sums, c01, 16);
  v128.store(sums, c10, 32);
  v128.store(sums, c11, 48);
  v128.store(sums, c20, 64);
  v128.store(sums, c21, 80);
  v128.store(sums, c30, 96);
  v128.store(sums, c31, 112);
}

/** The same for a panel of 4 columns; the sums stay 8 values apart. */
function multiplyFour(
  pixels: usize,
  tapStride: usize,
  into: usize,
  panel: usize,
  taps: i32,
  depth: i32,
  sums: usize,
): void {
  let c0 = f32x4.splat(0),
    c1 = c0,
    c2 = c0,
    c3 = c0;
  for (let tap = 0; tap < taps; ++tap) {
    let a0 = <usize>load<u32>(pixels) + into,
      a1 = <usize>load<u32>(pixels, 4) + into,
      a2 = <usize>load<u32>(pixels, 8) + into,
      a3 = <usize>load<u32>(pixels, 12) + into;
    let n = depth;
    for (; n >= 4; n -= 4) {
      const v0 = v128.load(a0),
        v1 = v128.load(a1),
        v2 = v128.load(a2),
        v3 = v128.load(a3);
      let b = v128.load(panel);
      c0 = madd(lane0(v0), b, c0);
      c1 = madd(lane0(v1), b, c1);
      c2 = madd(lane0(v2), b, c2);
      c3 = madd(lane0(v3), b, c3);
      b = v128.load(panel, 16);
      c0 = madd(lane1(v0), b, c0);
      c1 = madd(lane1(v1), b, c1);
      c2 = madd(lane1(v2), b, c2);
      c3 = madd(lane1(v3), b, c3);
      b = v128.load(panel, 32);
      c0 = madd(lane2(v0), b, c0);
      c1 = madd(lane2(v1), b, c1);
      c2 = madd(lane2(v2), b, c2);
      c3 = madd(lane2(v3), b, c3);
      b = v128.load(panel, 48);
      c0 = madd(lane3(v0), b, c0);
      c1 = madd(lane3(v1), b, c1);
      c2 = madd(lane3(v2), b, c2);
      c3 = madd(lane3(v3), b, c3);
      a0 += 16;
      a1 += 16;
      a2 += 16;
      a3 += 16;
      panel += 64;
    }
    for (; n > 0; --n) {
      const b = v128.load(panel);
      c0 = madd(v128.load32_splat(a0), b, c0);
      c1 = madd(v128.load32_splat(a1), b, c1);
      c2 = madd(v128.load32_splat(a2), b, c2);
      c3 = madd(v128.load32_splat(a3), b, c3);
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
      panel += 16;
    }
    pixels += tapStride;
  }
  v128.store(sums, c0);
  v128.store(sums, c1, 32);
  v128.store(sums, c2, 64);
  v128.store(sums, c3, 96);
}

/** Arguments of {@link groupedFilterGradientTile}, as byte offsets. */
const G_IMAGE: usize = 0;
const G_OUTPUT_GRADIENT: usize = 4;
const G_FILTER_GRADIENT: usize = 8;
const G_BATCH: usize = 12;
const G_OUT_HEIGHT: usize = 16;
const G_OUT_WIDTH: usize = 20;
const G_IN_HEIGHT: usize = 24;
const G_IN_WIDTH: usize = 28;
const G_STRIDE_Y: usize = 32;
const G_STRIDE_X: usize = 36;
const G_TAPS: usize = 40; // [dy, dx] of each
const G_TAP_COUNT: usize = 44;
const G_GROUPS: usize = 48;
const G_DEPTH: usize = 52;
const G_COLUMNS: usize = 56;
const G_GROUPS_A_TILE: usize = 60;
const G_IMAGES_A_PASS: usize = 64;

/** Tile: a range of groups, whose values share cache lines; all taps of as many images as the cache holds, then of the next. */
export function groupedFilterGradientTile(tile: i32, args: usize): void {
  const batch = load<i32>(args, G_BATCH);
  const taps = load<i32>(args, G_TAP_COUNT);
  const firstGroup = tile * load<i32>(args, G_GROUPS_A_TILE);
  const end = min(firstGroup + load<i32>(args, G_GROUPS_A_TILE), load<i32>(args, G_GROUPS));
  const imagesAPass = load<i32>(args, G_IMAGES_A_PASS);
  for (let image = 0; image < batch; image += imagesAPass) {
    const images = min(imagesAPass, batch - image);
    for (let group = firstGroup; group < end; ++group) {
      for (let tap = 0; tap < taps; ++tap) addTap(image, images, group, tap, args);
    }
  }
}

/** Adds what some images give to a group's weights of one tap; the first of all images sets them. */
function addTap(image: i32, images: i32, group: i32, tap: i32, args: usize): void {
  const groups = load<i32>(args, G_GROUPS);
  const depth = load<i32>(args, G_DEPTH);
  const columns = load<i32>(args, G_COLUMNS);
  const inHeight = load<i32>(args, G_IN_HEIGHT);
  const inWidth = load<i32>(args, G_IN_WIDTH);
  const outHeight = load<i32>(args, G_OUT_HEIGHT);
  const outWidth = load<i32>(args, G_OUT_WIDTH);
  const strideY = load<i32>(args, G_STRIDE_Y);
  const strideX = load<i32>(args, G_STRIDE_X);
  const dy = load<i32>(<usize>load<u32>(args, G_TAPS) + (<usize>tap << 3));
  const dx = load<i32>(<usize>load<u32>(args, G_TAPS) + (<usize>tap << 3), 4);
  const top = firstOutput(-dy, strideY),
    left = firstOutput(-dx, strideX);
  const rows = endOfOutputs(-dy, strideY, inHeight, outHeight) - top;
  const pixels = endOfOutputs(-dx, strideX, inWidth, outWidth) - left;
  const aPixel = <usize>(groups * depth) << 2,
    bPixel = <usize>(groups * columns) << 2;
  const aStep = <usize>strideX * aPixel,
    aRow = <usize>(strideY * inWidth) * aPixel,
    bRow = <usize>outWidth * bPixel;
  const aImage = <usize>(inHeight * inWidth) * aPixel,
    bImage = <usize>outHeight * bRow;
  const a =
    <usize>load<u32>(args, G_IMAGE) +
    <usize>((image * inHeight + top * strideY + dy) * inWidth + left * strideX + dx) * aPixel +
    (<usize>(group * depth) << 2);
  const b =
    <usize>load<u32>(args, G_OUTPUT_GRADIENT) +
    <usize>((image * outHeight + top) * outWidth + left) * bPixel +
    (<usize>(group * columns) << 2);
  const target =
    <usize>load<u32>(args, G_FILTER_GRADIENT) +
    ((<usize>tap * <usize>depth * <usize>(groups * columns) + <usize>(group * columns)) << 2);
  const isFirst = image == 0;
  for (let c = 0; c < depth; c += 4) {
    // Rows that there are not repeat the last one, and are not stored.
    const last = depth - 1 - c;
    const from = a + (<usize>c << 2);
    const at = target + <usize>c * bPixel;
    let d = 0;
    for (; d + 4 <= columns; d += 4) {
      const offset = <usize>d << 2;
      addFour(from, b + offset, at + offset, last, images, rows, pixels, aImage, aRow, aStep, bImage, bRow, bPixel, isFirst);
    }
    for (; d < columns; ++d) {
      const offset = <usize>d << 2;
      for (let row = 0; row <= min(last, 3); ++row) {
        const to = at + <usize>row * bPixel + offset;
        const sum = sumOf(from + (<usize>row << 2), b + offset, images, rows, pixels, aImage, aRow, aStep, bImage, bRow, bPixel);
        store<f32>(to, isFirst ? sum : load<f32>(to) + sum);
      }
    }
  }
}

/** target[4][4] (+)= over pixels, four values of `a` times four of `b`. */
function addFour(
  a: usize,
  b: usize,
  target: usize,
  last: i32,
  images: i32,
  rows: i32,
  pixels: i32,
  aImage: usize,
  aRow: usize,
  aStep: usize,
  bImage: usize,
  bRow: usize,
  bStep: usize,
  isFirst: bool,
): void {
  const second = <usize>min(1, last) << 2,
    third = <usize>min(2, last) << 2,
    fourth = <usize>min(3, last) << 2;
  const to1 = target + bStep,
    to2 = to1 + bStep,
    to3 = to2 + bStep;
  let c0 = f32x4.splat(0),
    c1 = c0,
    c2 = c0,
    c3 = c0;
  for (let n = 0; n < images; ++n) {
    let aLine = a,
      bLine = b;
    for (let y = 0; y < rows; ++y) {
      let p = aLine,
        q = bLine;
      for (let x = 0; x < pixels; ++x) {
        const v = v128.load(q);
        c0 = madd(v128.load32_splat(p), v, c0);
        c1 = madd(v128.load32_splat(p + second), v, c1);
        c2 = madd(v128.load32_splat(p + third), v, c2);
        c3 = madd(v128.load32_splat(p + fourth), v, c3);
        p += aStep;
        q += bStep;
      }
      aLine += aRow;
      bLine += bRow;
    }
    a += aImage;
    b += bImage;
  }
  if (!isFirst) {
    c0 = f32x4.add(v128.load(target), c0);
    if (last > 0) c1 = f32x4.add(v128.load(to1), c1);
    if (last > 1) c2 = f32x4.add(v128.load(to2), c2);
    if (last > 2) c3 = f32x4.add(v128.load(to3), c3);
  }
  v128.store(target, c0);
  if (last > 0) v128.store(to1, c1);
  if (last > 1) v128.store(to2, c2);
  if (last > 2) v128.store(to3, c3);
}

/** The same for one value of each. */
function sumOf(
  a: usize,
  b: usize,
  images: i32,
  rows: i32,
  pixels: i32,
  aImage: usize,
  aRow: usize,
  aStep: usize,
  bImage: usize,
  bRow: usize,
  bStep: usize,
): f32 {
  let sum: f32 = 0;
  for (let n = 0; n < images; ++n) {
    let aLine = a,
      bLine = b;
    for (let y = 0; y < rows; ++y) {
      let p = aLine,
        q = bLine;
      for (let x = 0; x < pixels; ++x) {
        sum += load<f32>(p) * load<f32>(q);
        p += aStep;
        q += bStep;
      }
      aLine += aRow;
      bLine += bRow;
    }
    a += aImage;
    b += bImage;
  }
  return sum;
}
