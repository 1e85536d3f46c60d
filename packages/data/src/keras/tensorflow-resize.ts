import type { DecodedImage } from '../image/decoded-image';
import type { ImageRegion } from '../image/resize-image';

/** How `image_dataset_from_directory` brings a picture to another size. */
export interface TensorflowResize {
  readonly height: number;
  readonly width: number;
  readonly interpolation: 'bilinear' | 'nearest';
  /** `stretch`, the middle at the target's proportion (`smart_resize`), or all of it between black bars (`resize_with_pad`). */
  readonly aspect: 'stretch' | 'crop' | 'pad';
}

/**
 * Writes `image` in another size into `target`, as `tf.image.resize` does: floats from 0 to 255 that are not rounded, in single precision
 * throughout.
 *
 * Source: tensorflow/core/kernels/image/resize_bilinear_op.cc and resize_nearest_neighbor_op.cc, with half-pixel centers.
 *
 * @param target [height, width, 3]
 */
export function resizeAsTensorflow(
  image: DecodedImage,
  resize: TensorflowResize,
  target: Float32Array,
): void {
  const { from, to } = regionsOf(image, resize);
  const rows = neighbors(from.height, to.height, resize.interpolation);
  const columns = neighbors(from.width, to.width, resize.interpolation);
  const { pixels } = image;
  target.fill(0);
  for (let y = 0; y < to.height; y++) {
    const upper = (from.top + rows.first[y]!) * image.width + from.left;
    const lower = (from.top + rows.second[y]!) * image.width + from.left;
    const down = rows.fraction[y]!;
    let place = 3 * ((to.top + y) * resize.width + to.left);
    for (let x = 0; x < to.width; x++) {
      const left = columns.first[x]!;
      const right = columns.second[x]!;
      const across = columns.fraction[x]!;
      for (let channel = 0; channel < 3; channel++) {
        const top = between(
          pixels[3 * (upper + left) + channel]!,
          pixels[3 * (upper + right) + channel]!,
          across,
        );
        const bottom = between(
          pixels[3 * (lower + left) + channel]!,
          pixels[3 * (lower + right) + channel]!,
          across,
        );
        target[place++] = between(top, bottom, down);
      }
    }
  }
}

/** Which part of the picture becomes which part of the target. */
function regionsOf(
  image: DecodedImage,
  { height, width, aspect }: TensorflowResize,
): { from: ImageRegion; to: ImageRegion } {
  const whole = { top: 0, left: 0, height: image.height, width: image.width };
  const target = { top: 0, left: 0, height, width };
  if (aspect === 'crop') return { from: croppedAs(image, height, width), to: target };
  if (aspect === 'pad') return { from: whole, to: paddedAs(image, height, width) };
  return { from: whole, to: target };
}

/** The middle of a picture at the target's proportion: keras/src/utils/image_utils.py, `smart_resize`. */
function croppedAs(image: DecodedImage, height: number, width: number): ImageRegion {
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
function paddedAs(image: DecodedImage, height: number, width: number): ImageRegion {
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
function neighbors(length: number, targetLength: number, interpolation: TensorflowResize['interpolation']) {
  const first = new Int32Array(targetLength);
  const second = new Int32Array(targetLength);
  const fraction = new Float32Array(targetLength);
  const scale = Math.fround(length / targetLength);
  for (let index = 0; index < targetLength; index++) {
    const center = Math.fround(Math.fround(index + 0.5) * scale);
    if (interpolation === 'nearest') {
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
