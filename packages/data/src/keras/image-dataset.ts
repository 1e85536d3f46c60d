import { PIXEL_NORMALIZATIONS, type ResizeMethod } from '@zoo/core';
import { DEFAULT_PREPROCESSING, type OptionsOf, type OptionTable, type ReadOptions } from '@zoo/core/options';

import { createBatchSource, type MakeBatch } from '../batches/batch-source';
import { sortOutCorrupt, type ImageBatchSource } from '../batches/corrupt-pictures';
import { batchFiller } from '../batches/fill-batch';
import { fingerprintOfExamples } from '../batches/fingerprint-of-examples';
import { IMAGE_BATCHES_OPTIONS } from '../batches/image-batches-options';
import { IMAGE_SIZE } from '../option-rows';
import type { ImageExample, ReadableImageSet } from '../sets/image-set';

import {
  brightnessByLibpng,
  brightnessOf,
  KERAS_CHANNELS,
  KERAS_COLOR_MODES,
  readChannels,
} from './channel-image';
import { LABEL_MODES, labelsByMode } from './label-modes';
import { resizeAsTensorflow, TENSORFLOW_RESIZE_METHODS, type TensorflowResize } from './tensorflow-resize';
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
  /** The channels of the pictures; `rgba` has their opacity as the fourth. Default `rgb`. */
  colorMode: { type: 'choice', choices: KERAS_COLOR_MODES, default: 'rgb' },
  /** What batches have for labels. Keras' `int` is `sparse`, its None `none`. Default `categorical`; Keras' is `int`. */
  labelMode: { type: 'choice', choices: LABEL_MODES, default: 'categorical' },
  /** A method of `tf.image.resize`, none of which widens its filter when shrinking. Default `bilinear`: the four nearest pixels. */
  interpolation: { type: 'choice', choices: TENSORFLOW_RESIZE_METHODS, default: 'bilinear' },
  /** Crops the middle to the proportion of `imageSize` instead of distorting. Default false. */
  cropToAspectRatio: { type: 'boolean', default: false },
  /** Puts the whole picture between black bars instead of distorting. Default false. */
  padToAspectRatio: { type: 'boolean', default: false },
  /** Batches made ahead. Default 2. */
  prefetch,
  /** What becomes of pictures that can't be read: Keras stops, too, at the first. `'skip'` leaves them out. Default `'error'`. */
  onCorrupt,
} as const satisfies OptionTable;

/** What a model that was trained on such pictures is to be asked with; the other methods have no like among ours. */
const METADATA_RESIZE: Partial<Record<TensorflowResize['interpolation'], ResizeMethod>> = {
  bilinear: 'bilinear',
  nearest: 'nearest',
  area: 'area',
};

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
  const { batchSize: perBatch, interpolation, cropToAspectRatio, padToAspectRatio, colorMode } = options;
  const { classNames, isMultiLabel, labels } = labelsByMode(readable, options.labelMode, 'options.labelMode');
  const channels = KERAS_CHANNELS[colorMode];
  const metadataResize = METADATA_RESIZE[interpolation];
  const [height, width] = options.imageSize;
  const aspect = cropToAspectRatio ? 'crop' : padToAspectRatio ? 'pad' : 'stretch';
  const resize: TensorflowResize = { height, width, interpolation, aspect };
  const total = readable.examples.length;
  const concurrency = IMAGE_BATCHES_OPTIONS.concurrency.default;
  const fillBatch = batchFiller(readable, { ...options, concurrency, corrupt, labels });
  const source = createBatchSource({
    ...{ classNames, isMultiLabel, channels },
    preprocessing: {
      imageSize: [height, width],
      ...(metadataResize && { resize: metadataResize }),
      aspect,
      cropFraction: DEFAULT_PREPROCESSING.cropFraction,
      padColor: DEFAULT_PREPROCESSING.padColor,
      ...(colorMode !== 'rgba' && { colorMode }),
      normalization: PIXEL_NORMALIZATIONS.raw,
    },
    ...{ height, width, total, batchSize: perBatch, dropRemainder: false, stepsPerEpoch: undefined },
    ahead: options.prefetch,
    settings: {
      examples: fingerprintOfExamples(readable),
      ...{ shuffle: options.shuffle, seed: options.seed, interpolation, aspect },
      ...(colorMode !== 'rgb' && { colorMode }),
      ...(options.labelMode !== 'categorical' && { labelMode: options.labelMode }),
    },
    beginEpoch: (epoch, takeValues) => {
      const order = options.shuffle
        ? tensorflowShuffle(total, 8 * perBatch, options.seed, epoch)
        : Uint32Array.from({ length: total }, (_, index) => index);
      const make: MakeBatch = (index, signal) => {
        const members = [...order.subarray(index * perBatch, (index + 1) * perBatch)];
        return fillBatch({
          ...{ members, height, width, channels, signal },
          images: takeValues(members.length * height * width * channels),
          fill: async (member, values) => {
            const example = readable.examples[member]!;
            // Of a JPEG TensorFlow takes its own brightness, which is nearer to what Pillow makes of the colours.
            const brightness = /\.png$/i.test(example.path) ? brightnessByLibpng : brightnessOf;
            resizeAsTensorflow(
              await readChannels(readable, example, colorMode, signal, brightness),
              resize,
              values,
            );
          },
        });
      };
      return { make };
    },
  });
  return { ...source, corrupt };
}
