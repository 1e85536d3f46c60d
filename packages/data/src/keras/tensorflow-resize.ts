import type { ImageRegion } from '../image/resize-image';

import type { ChannelImage } from './channel-image';
import { spansOf, type SpanMethod, type Spans } from './tensorflow-spans';

/** The methods of `tf.image.resize`, without antialiasing. */
export const TENSORFLOW_RESIZE_METHODS = [
  'bilinear',
  'nearest',
  'bicubic',
  'area',
  'lanczos3',
  'lanczos5',
  'gaussian',
  'mitchellcubic',
] as const satisfies readonly ('bilinear' | 'nearest' | SpanMethod)[];

/** How `image_dataset_from_directory` brings a picture to another size. */
export interface TensorflowResize {
  readonly height: number;
  readonly width: number;
  readonly interpolation: (typeof TENSORFLOW_RESIZE_METHODS)[number];
  /** `stretch`, the middle at the target's proportion (`smart_resize`), or all of it between black bars (`resize_with_pad`). */
  readonly aspect: 'stretch' | 'crop' | 'pad';
}

/**
 * Writes `image` in another size into `target`, as `tf.image.resize` does: floats that are not rounded, in single precision throughout.
 *
 * Source: tensorflow/core/kernels/image/resize_*_op.cc and scale_and_translate_op.cc, with half-pixel centers.
 *
 * @param target [height, width, channels]
 */
export function resizeAsTensorflow(
  image: ChannelImage,
  resize: TensorflowResize,
  target: Float32Array,
): void {
  const { interpolation } = resize;
  const { from, to } = regionsOf(image, resize);
  target.fill(0);
  // TensorFlow copies a picture that has the size already.
  const isCopy = from.height === to.height && from.width === to.width;
  if (isCopy || interpolation === 'bilinear' || interpolation === 'nearest') {
    resizeByNeighbors(
      image,
      { from, to, targetWidth: resize.width, isNearest: isCopy || interpolation === 'nearest' },
      target,
    );
  } else resizeBySums(image, { from, to, targetWidth: resize.width, method: interpolation }, target);
}

interface Regions {
  readonly from: ImageRegion;
  readonly to: ImageRegion;
  readonly targetWidth: number;
}

function resizeByNeighbors(
  { pixels, width, channels }: ChannelImage,
  { from, to, targetWidth, isNearest }: Regions & { readonly isNearest: boolean },
  target: Float32Array,
): void {
  const rows = neighbors(from.height, to.height, isNearest);
  const columns = neighbors(from.width, to.width, isNearest);
  for (let y = 0; y < to.height; y++) {
    const upper = (from.top + rows.first[y]!) * width + from.left;
    const lower = (from.top + rows.second[y]!) * width + from.left;
    const down = rows.fraction[y]!;
    let place = channels * ((to.top + y) * targetWidth + to.left);
    for (let x = 0; x < to.width; x++) {
      const left = columns.first[x]!;
      const right = columns.second[x]!;
      const across = columns.fraction[x]!;
      for (let channel = 0; channel < channels; channel++) {
        const at = (row: number, column: number) => pixels[channels * (row + column) + channel]!;
        const top = between(at(upper, left), at(upper, right), across);
        const bottom = between(at(lower, left), at(lower, right), across);
        target[place++] = between(top, bottom, down);
      }
    }
  }
}

/** Sums along the columns, then along the rows; of areas the other way round. */
function resizeBySums(
  image: ChannelImage,
  { from, to, targetWidth, method }: Regions & { readonly method: SpanMethod },
  target: Float32Array,
): void {
  const { channels } = image;
  const whole: Plane = { values: cutOut(image, from), height: from.height, width: from.width, channels };
  const rows = spansOf(method, from.height, to.height);
  const columns = spansOf(method, from.width, to.width);
  const isArea = method === 'area';
  const sums = isArea ? sumColumns(sumRows(whole, columns), rows) : sumRows(sumColumns(whole, rows), columns);
  const area = Math.fround(Math.fround(from.height / to.height) * Math.fround(from.width / to.width));
  const factor = isArea ? Math.fround(1 / area) : 1;
  const rowValues = to.width * channels;
  for (let y = 0; y < to.height; y++) {
    const start = ((to.top + y) * targetWidth + to.left) * channels;
    for (let i = 0; i < rowValues; i++) target[start + i] = sums.values[y * rowValues + i]! * factor;
  }
}

interface Plane {
  readonly values: Float32Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

function cutOut({ pixels, width, channels }: ChannelImage, region: ImageRegion): Float32Array {
  const rowValues = region.width * channels;
  const out = new Float32Array(region.height * rowValues);
  for (let y = 0; y < region.height; y++) {
    const start = ((region.top + y) * width + region.left) * channels;
    out.set(pixels.subarray(start, start + rowValues), y * rowValues);
  }
  return out;
}

/** Another height. */
function sumColumns({ values, width, channels }: Plane, spans: Spans): Plane {
  const { first, counts, weights, size } = spans;
  const height = first.length;
  const rowValues = width * channels;
  const last = values.length / rowValues - 1;
  const out = new Float32Array(height * rowValues);
  for (let y = 0; y < height; y++) {
    for (let k = 0; k < counts[y]!; k++) {
      const weight = weights[y * size + k]!;
      const source = Math.min(last, first[y]! + k) * rowValues;
      for (let i = 0; i < rowValues; i++)
        out[y * rowValues + i] = out[y * rowValues + i]! + Math.fround(values[source + i]! * weight);
    }
  }
  return { values: out, height, width, channels };
}

/** Another width. */
function sumRows({ values, height, width, channels }: Plane, spans: Spans): Plane {
  const { first, counts, weights, size } = spans;
  const targetWidth = first.length;
  const out = new Float32Array(height * targetWidth * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < targetWidth; x++) {
      const place = (y * targetWidth + x) * channels;
      for (let k = 0; k < counts[x]!; k++) {
        const weight = weights[x * size + k]!;
        const source = (y * width + Math.min(width - 1, first[x]! + k)) * channels;
        for (let channel = 0; channel < channels; channel++)
          out[place + channel] = out[place + channel]! + Math.fround(values[source + channel]! * weight);
      }
    }
  }
  return { values: out, height, width: targetWidth, channels };
}

/** Which part of the picture becomes which part of the target. */
function regionsOf(
  image: ChannelImage,
  { height, width, aspect }: TensorflowResize,
): { from: ImageRegion; to: ImageRegion } {
  const whole = { top: 0, left: 0, height: image.height, width: image.width };
  const target = { top: 0, left: 0, height, width };
  if (aspect === 'crop') return { from: croppedAs(image, height, width), to: target };
  if (aspect === 'pad') return { from: whole, to: paddedAs(image, height, width) };
  return { from: whole, to: target };
}

/** The middle of a picture at the target's proportion: keras/src/utils/image_utils.py, `smart_resize`. */
function croppedAs(image: ChannelImage, height: number, width: number): ImageRegion {
  const crop = (own: number, other: number, targetOwn: number, targetOther: number): number =>
    Math.max(1, Math.min(own, Math.trunc(Math.fround(Math.fround(other * targetOwn) / targetOther))));
  const cropHeight = crop(image.height, image.width, height, width);
  const cropWidth = crop(image.width, image.height, width, height);
  return {
    top: Math.trunc((image.height - cropHeight) / 2),
    left: Math.trunc((image.width - cropWidth) / 2),
    height: cropHeight,
    width: cropWidth,
  };
}

/** Where a whole picture stands in the target: tensorflow/python/ops/image_ops_impl.py, `_resize_image_with_pad_common`. */
function paddedAs(image: ChannelImage, height: number, width: number): ImageRegion {
  const ratio = Math.max(image.width / width, image.height / height);
  const innerHeight = image.height / ratio;
  const innerWidth = image.width / ratio;
  return {
    top: Math.max(0, Math.floor((height - innerHeight) / 2)),
    left: Math.max(0, Math.floor((width - innerWidth) / 2)),
    height: Math.floor(innerHeight),
    width: Math.floor(innerWidth),
  };
}

/** The two pixels that each target position lies between along one axis, and how far it is towards the second. */
function neighbors(length: number, targetLength: number, isNearest: boolean) {
  const first = new Int32Array(targetLength);
  const second = new Int32Array(targetLength);
  const fraction = new Float32Array(targetLength);
  const scale = Math.fround(length / targetLength);
  for (let index = 0; index < targetLength; index++) {
    const center = Math.fround(Math.fround(index + 0.5) * scale);
    if (isNearest) {
      first[index] = second[index] = Math.min(length - 1, Math.floor(center));
      continue;
    }
    const position = Math.fround(center - 0.5);
    const floor = Math.floor(position);
    first[index] = Math.max(0, floor);
    second[index] = Math.min(length - 1, Math.ceil(position));
    fraction[index] = position - floor;
  }
  return { first, second, fraction };
}

function between(from: number, to: number, fraction: number): number {
  return Math.fround(from + Math.fround(Math.fround(to - from) * fraction));
}
