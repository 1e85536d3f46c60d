import { PIXEL_NORMALIZATIONS } from '@zoo/core';
import { DEFAULT_PREPROCESSING, type OptionsOf, type OptionTable, type ReadOptions } from '@zoo/core/options';

import { createBatchSource, type MakeBatch } from '../batches/batch-source';
import { sortOutCorrupt, type ImageBatchSource } from '../batches/corrupt-pictures';
import { batchFiller } from '../batches/fill-batch';
import { fingerprintOfExamples } from '../batches/fingerprint-of-examples';
import { IMAGE_BATCHES_OPTIONS } from '../batches/image-batches-options';
import { IMAGE_SIZE } from '../option-rows';
import type { ImageExample, ReadableImageSet } from '../sets/image-set';

import { resizeAsTensorflow, type TensorflowResize } from './tensorflow-resize';
import { tensorflowShuffle } from './tensorflow-shuffle';

const { batchSize, shuffle, seed, prefetch, onCorrupt } = IMAGE_BATCHES_OPTIONS;

/** How `image_dataset_from_directory` makes batches of the files that it has found, as data. */
export const IMAGE_DATASET_OPTIONS = {
  /** Default 32. */
  batchSize,
  /** Default 256 x 256. */
  imageSize: { ...IMAGE_SIZE, default: [256, 256] },
  /** Default true. */
  shuffle,
  /** Of the order of files and of batches. Default 0; Keras draws one. */
  seed: { ...seed, maximum: 4_294_967_295 },
  /** Default `bilinear`, the four nearest pixels whatever the factor. */
  interpolation: { type: 'choice', choices: ['bilinear', 'nearest'], default: 'bilinear' },
  /** Crops the middle to the proportion of `imageSize` instead of distorting. Default false. */
  cropToAspectRatio: { type: 'boolean', default: false },
  /** Puts the whole picture between black bars instead of distorting. Default false. */
  padToAspectRatio: { type: 'boolean', default: false },
  /** Batches made ahead. Default 2. */
  prefetch,
  /** What becomes of pictures that can't be read: Keras stops, too, at the first. `'skip'` leaves them out. Default `'error'`. */
  onCorrupt,
} as const satisfies OptionTable;

/** {@link IMAGE_DATASET_OPTIONS}, as a caller writes them. */
export type ImageDatasetOptions = OptionsOf<typeof IMAGE_DATASET_OPTIONS>;

/**
 * The batches that Keras' `image_dataset_from_directory` yields of some files, epoch after epoch.
 *
 * @param set The files in the order that Keras has them in.
 */
export async function imageDataset<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  options: ReadOptions<typeof IMAGE_DATASET_OPTIONS>,
): Promise<ImageBatchSource> {
  const { readable, corrupt } = await sortOutCorrupt(set, options.onCorrupt);
  const { batchSize: perBatch, interpolation, cropToAspectRatio, padToAspectRatio } = options;
  const [height, width] = options.imageSize;
  const aspect = cropToAspectRatio ? 'crop' : padToAspectRatio ? 'pad' : 'stretch';
  const resize: TensorflowResize = { height, width, interpolation, aspect };
  const total = readable.examples.length;
  const concurrency = IMAGE_BATCHES_OPTIONS.concurrency.default;
  const fillBatch = batchFiller(readable, { ...options, concurrency, corrupt });
  const source = createBatchSource({
    classNames: readable.classNames,
    preprocessing: {
      ...DEFAULT_PREPROCESSING,
      imageSize: [height, width],
      resize: interpolation,
      aspect,
      normalization: PIXEL_NORMALIZATIONS.raw,
    },
    ...{ height, width, total, batchSize: perBatch, dropRemainder: false, stepsPerEpoch: undefined },
    ahead: options.prefetch,
    settings: {
      examples: fingerprintOfExamples(readable),
      ...{ shuffle: options.shuffle, seed: options.seed, interpolation, aspect },
    },
    beginEpoch: (epoch, takeValues) => {
      const order = options.shuffle
        ? tensorflowShuffle(total, 8 * perBatch, options.seed, epoch)
        : Uint32Array.from({ length: total }, (_, index) => index);
      const make: MakeBatch = (index, signal) => {
        const members = [...order.subarray(index * perBatch, (index + 1) * perBatch)];
        return fillBatch({
          ...{ members, height, width, channels: 3, signal },
          images: takeValues(members.length * height * width * 3),
          fill: async (member, values) => {
            const image = await readable.readImage(readable.examples[member]!, signal);
            resizeAsTensorflow(image, resize, values);
          },
        });
      };
      return { make };
    },
  });
  return { ...source, corrupt };
}
