import {
  ArgumentError,
  ASPECT_MODES,
  DEFAULT_PREPROCESSING,
  expectInteger,
  expectKnownOptions,
  expectOneOf,
  pixelNormalization,
  RESIZE_METHODS,
  COLOR_MODES,
  type AspectMode,
  type ColorMode,
  type PixelNormalization,
  type PixelNormalizationMode,
  type ResizeMethod,
} from '@zoo/core';

import type { Augmentation, BatchAugmentation } from '../augment/augmentation';
import type { ImageSize, RgbColor } from '../image/decoded-image';
import { expectCropFraction } from '../image/fit-image';
import { expectColor, heightAndWidth } from '../image/image-size';

/** Some epochs whose pictures have a size of their own: see `ImageBatchesOptions.imageSizeByEpoch`. */
export interface EpochImageSize {
  /** How many epochs it lasts. */
  epochs: number;
  /** Size of the pictures in these epochs' batches. */
  imageSize: ImageSize;
}

/** Options of `imageBatches`. */
export interface ImageBatchesOptions {
  /** Size of the pictures in a batch. */
  imageSize: ImageSize;
  /**
   * Sizes of the first epochs, one after the other; when they are over, pictures have `imageSize` (progressive resizing: Howard 2018;
   * Touvron et al. 2019). Small pictures take a fraction of the time. The model must leave height and width open. Default none.
   */
  imageSizeByEpoch?: readonly EpochImageSize[];
  /** Examples in a batch; the last of an epoch may hold fewer. Default 32. */
  batchSize?: number;
  /** Draws a new order for each epoch. Default true: in a folder's own order a batch holds one class. */
  shuffle?: boolean;
  /** What order and augmentation follow from, together with the epoch's number. Default 0. */
  seed?: number;
  /** Leaves out the last batch of an epoch if it is not full. Default false. */
  dropRemainder?: boolean;
  /** Ends an epoch after so many batches, as Keras' `steps_per_epoch` does. Default all. */
  stepsPerEpoch?: number;
  /** Changes of each picture, in this order. Default none. */
  augment?: readonly Augmentation[];
  /** Changes of each batch, such as `mixUp()`, in this order. Default none. */
  augmentBatch?: readonly BatchAugmentation[];
  /**
   * Size that pictures are brought to before augmentation, and kept in by the cache; larger than `imageSize`, a random crop
   * has more to choose from. Default `imageSize`.
   */
  augmentFrom?: ImageSize;
  /**
   * `grayscale` brings pictures to one channel, Pillow's `convert('L')`, after augmentation, which sees colours. Default `rgb`.
   */
  colorMode?: ColorMode;
  /** How bytes become the model's input; of one channel, mean and deviation are one number three times. Default `scale`: values from 0 to 1. */
  normalization?: PixelNormalizationMode | PixelNormalization;
  /** Default `antialias`. */
  resize?: ResizeMethod;
  /** What happens to pictures of another proportion. Default `stretch`. */
  aspect?: AspectMode;
  /** The share of the resized picture's side that `aspect: 'resizeCrop'` keeps. Default 1. */
  cropFraction?: number;
  /** The border's colour for `aspect: 'pad'`. Default black. */
  padColor?: RgbColor;
  /**
   * What happens to pictures that can't be read: `error` (default) ends with their count and names, before the first batch where
   * their files' structure shows it; `skip` leaves them out, and the source names them in `corrupt`.
   */
  onCorrupt?: 'error' | 'skip';
  /** `memory` keeps decoded and resized pictures for the next epoch. Default `none`. */
  cache?: 'none' | 'memory';
  /** Bytes of pixels that the cache holds at most; pictures beyond are read each time. Default 1 GiB. */
  cacheLimitBytes?: number;
  /** Batches that are made ahead, while a step runs. Default 2. */
  prefetch?: number;
  /** Pictures that are read and decoded at a time. Default 8. */
  concurrency?: number;
}

/** {@link EpochImageSize}, checked. */
export interface FirstSize {
  readonly epochs: number;
  readonly height: number;
  readonly width: number;
}

/** {@link ImageBatchesOptions}, checked and complete. */
export interface ResolvedBatchesOptions extends Required<
  Omit<ImageBatchesOptions, 'imageSize' | 'imageSizeByEpoch' | 'augmentFrom' | 'normalization'>
> {
  readonly height: number;
  readonly width: number;
  readonly firstSizes: readonly FirstSize[];
  readonly loadHeight: number;
  readonly loadWidth: number;
  readonly normalization: PixelNormalization;
}

const KNOWN: readonly (keyof ImageBatchesOptions)[] = [
  'imageSize',
  'imageSizeByEpoch',
  'batchSize',
  'shuffle',
  'seed',
  'dropRemainder',
  'stepsPerEpoch',
  'augment',
  'augmentBatch',
  'augmentFrom',
  'colorMode',
  'normalization',
  'resize',
  'aspect',
  'cropFraction',
  'padColor',
  'onCorrupt',
  'cache',
  'cacheLimitBytes',
  'prefetch',
  'concurrency',
];

/** `options` with defaults; throws ArgumentError for what makes no sense. */
export function resolveBatchesOptions(options: ImageBatchesOptions): ResolvedBatchesOptions {
  expectKnownOptions('options', options, KNOWN);
  const [height, width] = heightAndWidth('options.imageSize', options.imageSize);
  const [loadHeight, loadWidth] =
    options.augmentFrom === undefined
      ? [height, width]
      : heightAndWidth('options.augmentFrom', options.augmentFrom);
  return {
    height,
    width,
    firstSizes: firstSizes(options.imageSizeByEpoch ?? []),
    loadHeight,
    loadWidth,
    batchSize: expectInteger('options.batchSize', options.batchSize ?? 32, { minimum: 1 }),
    shuffle: options.shuffle ?? true,
    seed: expectInteger('options.seed', options.seed ?? 0, { minimum: 0 }),
    dropRemainder: options.dropRemainder ?? false,
    stepsPerEpoch:
      options.stepsPerEpoch === undefined
        ? Number.POSITIVE_INFINITY
        : expectInteger('options.stepsPerEpoch', options.stepsPerEpoch, { minimum: 1 }),
    augment: expectAugmentations('options.augment', options.augment ?? []),
    augmentBatch: expectAugmentations('options.augmentBatch', options.augmentBatch ?? []),
    colorMode: expectOneOf(
      'options.colorMode',
      options.colorMode ?? DEFAULT_PREPROCESSING.colorMode,
      COLOR_MODES,
    ),
    normalization: pixelNormalization(options.normalization ?? DEFAULT_PREPROCESSING.normalization),
    resize: expectOneOf('options.resize', options.resize ?? DEFAULT_PREPROCESSING.resize, RESIZE_METHODS),
    aspect: expectOneOf('options.aspect', options.aspect ?? DEFAULT_PREPROCESSING.aspect, ASPECT_MODES),
    cropFraction: expectCropFraction(
      'options.cropFraction',
      options.cropFraction ?? DEFAULT_PREPROCESSING.cropFraction,
    ),
    padColor: expectColor('options.padColor', options.padColor ?? DEFAULT_PREPROCESSING.padColor),
    onCorrupt: expectOneOf('options.onCorrupt', options.onCorrupt ?? 'error', ['error', 'skip']),
    cache: expectOneOf('options.cache', options.cache ?? 'none', ['none', 'memory']),
    cacheLimitBytes: expectInteger('options.cacheLimitBytes', options.cacheLimitBytes ?? 2 ** 30, {
      minimum: 0,
    }),
    prefetch: expectInteger('options.prefetch', options.prefetch ?? 2, { minimum: 0 }),
    concurrency: expectInteger('options.concurrency', options.concurrency ?? 8, { minimum: 1 }),
  };
}

function firstSizes(sizes: readonly EpochImageSize[]): FirstSize[] {
  const argument = 'options.imageSizeByEpoch';
  const given: unknown = sizes;
  if (!Array.isArray(given)) throw new ArgumentError(argument, 'an array of { epochs, imageSize }', sizes);
  return sizes.map((size, place) => {
    expectKnownOptions(`${argument}[${place}]`, size, ['epochs', 'imageSize']);
    const [height, width] = heightAndWidth(`${argument}[${place}].imageSize`, size.imageSize);
    return {
      epochs: expectInteger(`${argument}[${place}].epochs`, size.epochs, { minimum: 1 }),
      height,
      width,
    };
  });
}

function expectAugmentations<Change extends { name: string; apply: unknown }>(
  argument: string,
  changes: readonly Change[],
): readonly Change[] {
  // A caller without types may hand over a single augmentation.
  const list: unknown = changes;
  if (!Array.isArray(list)) throw new ArgumentError(argument, 'a list of augmentations', list);
  changes.forEach((change, index) => {
    if (typeof change === 'object' && typeof change.apply === 'function') return;
    throw new ArgumentError(
      `${argument}[${index}]`,
      'an augmentation with a name and apply',
      change,
      typeof change === 'function' ? 'Call it: randomHorizontalFlip().' : '',
    );
  });
  return changes;
}
