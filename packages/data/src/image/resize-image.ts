import { expectOneOf, RESIZE_METHODS, type ResizeMethod } from '@zoo/core/options';

import { rgbImage, type DecodedImage, type ImageSize } from './decoded-image';
import { heightAndWidth } from './image-size';
import { FRACTION_BITS, hasTaps, tapsOf, type ResampleTaps, type TapsMethod } from './resample-taps';

/** A rectangle of whole pixels within a picture. */
export interface ImageRegion {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/**
 * `image` in another size, stretched to fit; `image` itself if it has that size already.
 *
 * @param image The picture. [height, width, 3]
 * @param size The new size.
 * @param method See {@link ResizeMethod}.
 * @throws ArgumentError for a size or a method that makes no sense.
 */
export function resizeImage(
  image: DecodedImage,
  size: ImageSize,
  method: ResizeMethod = 'antialias',
): DecodedImage {
  const [height, width] = heightAndWidth('size', size);
  expectOneOf('method', method, RESIZE_METHODS);
  if (image.height === height && image.width === width) return image;
  return resizeRegion(
    image,
    { top: 0, left: 0, height: image.height, width: image.width },
    height,
    width,
    method,
  );
}

/** What cropping `region` out of `image` and resizing it gives, without the copy between. */
export function resizeRegion(
  image: DecodedImage,
  region: ImageRegion,
  height: number,
  width: number,
  method: ResizeMethod,
): DecodedImage {
  if (region.height === height && region.width === width) return cropImage(image, region);
  if (method === 'nearest') return resizeNearest(image, region, height, width);
  if (method === 'bilinear') return resizeBilinear(image, region, height, width);
  return resample(image, region, height, width, method);
}

/** What Pillow's `resize(size, box=region)` gives: the filter reaches into the pixels beside the region. */
export function resizeBox(
  image: DecodedImage,
  region: ImageRegion,
  height: number,
  width: number,
  method: ResizeMethod,
): DecodedImage {
  if (!hasTaps(method)) return resizeRegion(image, region, height, width, method);
  const after = image.width - region.left - region.width;
  const rows = tapsOf(method, region.width, width, { before: region.left, after });
  const narrow = resampleRows(image, { ...region, top: 0, height: image.height }, width, rows);
  const below = image.height - region.top - region.height;
  const columns = tapsOf(method, region.height, height, { before: region.top, after: below });
  const first = columns.first.map((row) => row + region.top);
  return resampleColumns(narrow, height, { ...columns, first });
}

/** Cutting out and resizing as data. */
export interface ResizeStep {
  readonly kind: 'resize';
  readonly region: ImageRegion;
  readonly height: number;
  readonly width: number;
  readonly method: ResizeMethod;
}

/** `image` after a step. */
export function takeStep(image: DecodedImage, step: ResizeStep): DecodedImage {
  return resizeRegion(image, step.region, step.height, step.width, step.method);
}

/** The step that stretches a picture of `size`; none where it has the size already. */
export function stretchSteps(
  size: { readonly height: number; readonly width: number },
  height: number,
  width: number,
  method: ResizeMethod,
): ResizeStep[] {
  if (size.height === height && size.width === width) return [];
  const region = { top: 0, left: 0, height: size.height, width: size.width };
  return [{ kind: 'resize', region, height, width, method }];
}

/** A copy of `region`. */
export function cropImage(image: DecodedImage, region: ImageRegion): DecodedImage {
  const out = rgbImage(region.height, region.width);
  const rowBytes = region.width * 3;
  for (let y = 0; y < region.height; y++) {
    const start = ((region.top + y) * image.width + region.left) * 3;
    out.pixels.set(image.pixels.subarray(start, start + rowBytes), y * rowBytes);
  }
  return out;
}

function resizeNearest(
  image: DecodedImage,
  region: ImageRegion,
  height: number,
  width: number,
): DecodedImage {
  const out = rgbImage(height, width);
  const rows = nearestPositions(region.height, height);
  const columns = nearestPositions(region.width, width).map((column) => (region.left + column) * 3);
  let target = 0;
  for (let y = 0; y < height; y++) {
    const row = (region.top + rows[y]!) * image.width * 3;
    for (let x = 0; x < width; x++) {
      const source = row + columns[x]!;
      out.pixels[target++] = image.pixels[source]!;
      out.pixels[target++] = image.pixels[source + 1]!;
      out.pixels[target++] = image.pixels[source + 2]!;
    }
  }
  return out;
}

/** Positions summed up step by step, as Pillow does: where one falls on a whole number, the sum's rounding decides. */
function nearestPositions(inputLength: number, outputLength: number): Int32Array {
  const step = inputLength / outputLength;
  let position = step * 0.5;
  return Int32Array.from({ length: outputLength }, () => {
    const current = Math.min(inputLength - 1, Math.trunc(position));
    position += step;
    return current;
  });
}

/** tf.image.resize(antialias=False) with half-pixel centres, rounded to bytes. */
function resizeBilinear(
  image: DecodedImage,
  region: ImageRegion,
  height: number,
  width: number,
): DecodedImage {
  const out = rgbImage(height, width);
  const rows = neighbours(region.height, height, region.top, image.width * 3);
  const columns = neighbours(region.width, width, region.left, 3);
  const { pixels } = image;
  let target = 0;
  for (let y = 0; y < height; y++) {
    const upper = rows.lower[y]!;
    const lower = rows.upper[y]!;
    const down = rows.fraction[y]!;
    for (let x = 0; x < width; x++) {
      const left = columns.lower[x]!;
      const right = columns.upper[x]!;
      const across = columns.fraction[x]!;
      for (let channel = 0; channel < 3; channel++) {
        const topLeft = pixels[upper + left + channel]!;
        const bottomLeft = pixels[lower + left + channel]!;
        const top = topLeft + (pixels[upper + right + channel]! - topLeft) * across;
        const bottom = bottomLeft + (pixels[lower + right + channel]! - bottomLeft) * across;
        out.pixels[target++] = (top + (bottom - top) * down + 0.5) | 0;
      }
    }
  }
  return out;
}

/** Offsets of the two neighbours of each target position along one axis, and how far it lies towards the second. */
function neighbours(inputLength: number, outputLength: number, origin: number, stride: number) {
  const lower = new Int32Array(outputLength);
  const upper = new Int32Array(outputLength);
  const fraction = new Float32Array(outputLength);
  for (let index = 0; index < outputLength; index++) {
    const position = (index + 0.5) * (inputLength / outputLength) - 0.5;
    const floor = Math.floor(position);
    lower[index] = (origin + Math.max(0, floor)) * stride;
    upper[index] = (origin + Math.min(inputLength - 1, Math.ceil(position))) * stride;
    fraction[index] = position - floor;
  }
  return { lower, upper, fraction };
}

const HALF = 1 << (FRACTION_BITS - 1);

/** Two passes, rows first, each rounded to bytes, as Pillow does. */
function resample(
  image: DecodedImage,
  region: ImageRegion,
  height: number,
  width: number,
  method: TapsMethod,
): DecodedImage {
  const narrow =
    region.width === width
      ? cropImage(image, region)
      : resampleRows(image, region, width, tapsOf(method, region.width, width));
  return region.height === height
    ? narrow
    : resampleColumns(narrow, height, tapsOf(method, region.height, height));
}

function resampleRows(
  { pixels, width: stride }: DecodedImage,
  region: ImageRegion,
  width: number,
  { first, counts, weights, size }: ResampleTaps,
): DecodedImage {
  const out = rgbImage(region.height, width);
  const bytes = clampedBytes(out);
  let target = 0;
  for (let y = 0; y < region.height; y++) {
    const row = (region.top + y) * stride + region.left;
    for (let x = 0; x < width; x++) {
      let source = (row + first[x]!) * 3;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      const end = x * size + counts[x]!;
      for (let k = x * size; k < end; k++, source += 3) {
        const weight = weights[k]!;
        red = (red + Math.imul(pixels[source]!, weight)) | 0;
        green = (green + Math.imul(pixels[source + 1]!, weight)) | 0;
        blue = (blue + Math.imul(pixels[source + 2]!, weight)) | 0;
      }
      bytes[target++] = red >> FRACTION_BITS;
      bytes[target++] = green >> FRACTION_BITS;
      bytes[target++] = blue >> FRACTION_BITS;
    }
  }
  return out;
}

function resampleColumns(
  { pixels, width }: DecodedImage,
  height: number,
  { first, counts, weights, size }: ResampleTaps,
): DecodedImage {
  const out = rgbImage(height, width);
  const bytes = clampedBytes(out);
  const rowBytes = width * 3;
  const sums = new Int32Array(rowBytes);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let k = 0; k < counts[y]!; k++) {
      const weight = weights[y * size + k]!;
      const source = (first[y]! + k) * rowBytes;
      for (let i = 0; i < rowBytes; i++) sums[i] = (sums[i]! + Math.imul(pixels[source + i]!, weight)) | 0;
    }
    for (let i = 0; i < rowBytes; i++) bytes[y * rowBytes + i] = sums[i]! >> FRACTION_BITS;
  }
  return out;
}

/** The picture's bytes as an array that cuts sums off at 0 and 255: negative weights lead beyond. */
const clampedBytes = ({ pixels }: DecodedImage): Uint8ClampedArray =>
  new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length);
