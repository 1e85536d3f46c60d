import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, type BatchSource } from '@zoo/core';

import { expectFits, expectSource } from '../expect-fits';

import type { ViewOptions } from './view-options';

/** One view of a batch: a new tensor, or the batch itself. [size, height, width, channels] */
type View = (images: tf.Tensor4D) => tf.Tensor4D;

type Size = readonly [height: number, width: number];

/**
 * The views of a batch, each as a function of it.
 *
 * @param cropSize Of `crops: 'five'`: see {@link cropSizeOf}.
 */
export function viewsOf({ horizontalFlip, crops, scales }: ViewOptions, cropSize: Size | undefined): View[] {
  const scaled: View[] = scales?.map(
    (length): View =>
      (images) =>
        resized(images, length),
  ) ?? [(images) => images];
  const cropped =
    crops === 'none'
      ? scaled
      : scaled.flatMap((view) =>
          PLACES.map(
            ([down, across]): View =>
              (images) =>
                crop(view(images), cropSize!, down, across),
          ),
        );
  return horizontalFlip
    ? [
        ...cropped,
        ...cropped.map(
          (view): View =>
            (images) =>
              tf.reverse(view(images), 2),
        ),
      ]
    : cropped;
}

/** Shares of the free room above and to the left of a crop. */
const PLACES = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
  [0.5, 0.5],
] as const;

/** The size of crops: what is asked for, or the model's. */
export function cropSizeOf(model: tfl.LayersModel, { crops, cropSize }: ViewOptions): Size | undefined {
  if (crops === 'none') {
    if (cropSize === undefined) return undefined;
    throw new ArgumentError('options.cropSize', "no size without crops: 'five'", cropSize);
  }
  const [, height, width] = model.inputs[0]!.shape;
  const size =
    cropSize ??
    (typeof height === 'number' && typeof width === 'number' ? ([height, width] as const) : undefined);
  if (size !== undefined) return size;
  throw new ArgumentError('options.cropSize', 'the size of the crops: the model leaves it open', undefined);
}

/** Throws ArgumentError unless `model` reads every view of the pictures of `source`, and tells its classes apart. */
export function expectViewsFit(model: tfl.LayersModel, source: BatchSource, options: ViewOptions): void {
  expectSource('source', source);
  const [height, width, channels] = source.imageShape;
  const cropSize = cropSizeOf(model, options);
  for (const size of options.scales?.map((length) => scaledSize([height, width], length)) ?? [
    [height, width] as const,
  ]) {
    if (cropSize !== undefined && (cropSize[0] > size[0] || cropSize[1] > size[1])) {
      throw new ArgumentError(
        'options.crops',
        `pictures of at least ${cropSize.join(' x ')} to crop from`,
        `pictures of ${size.join(' x ')}`,
        'Make the source with a larger imageSize.',
      );
    }
    expectFits(model, 'source', { ...source, imageShape: [...(cropSize ?? size), channels] });
  }
}

function scaledSize([height, width]: Size, length: number): Size {
  const factor = length / Math.min(height, width);
  return [Math.round(height * factor), Math.round(width * factor)];
}

function resized(images: tf.Tensor4D, length: number): tf.Tensor4D {
  const [, height, width] = images.shape;
  const size = scaledSize([height, width], length);
  if (size[0] === height && size[1] === width) return images;
  return tf.image.resizeBilinear(images, [size[0], size[1]], false, true);
}

function crop(images: tf.Tensor4D, [height, width]: Size, down: number, across: number): tf.Tensor4D {
  const [size, fullHeight, fullWidth, channels] = images.shape;
  const top = roundHalfToEven((fullHeight - height) * down);
  const left = roundHalfToEven((fullWidth - width) * across);
  return tf.slice(images, [0, top, left, 0], [size, height, width, channels]);
}

/** Python's `round`, by which torchvision places the crop in the middle. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}
