import {
  ArgumentError,
  readOptions,
  type AnyRow,
  type AnyRowWithDefault,
  type OptionsOf,
  type OptionTable,
  type ReadOptions,
} from '@zoo/core/options';

import type { Augmentation, BatchAugmentation } from '../augment/augmentation';
import { expectAugmentations } from '../augment/expect-augmentations';
import type { ImageSize } from '../image/decoded-image';
import { heightAndWidth } from '../image/image-size';
import { PREPROCESSING_OPTIONS } from '../image/preprocessing-options';
import { IMAGE_SIZE, SEED } from '../option-rows';
import type { ImageExample } from '../sets/image-set';

const EPOCH_IMAGE_SIZE = {
  /** How many epochs it lasts. */
  epochs: { type: 'integer', minimum: 1, isRequired: true },
  /** Size of the pictures in these epochs' batches. */
  imageSize: { ...IMAGE_SIZE, isRequired: true },
} as const satisfies OptionTable;

/** Some epochs whose pictures have a size of their own: see `ImageBatchesOptions.imageSizeByEpoch`. */
export interface EpochImageSize extends OptionsOf<typeof EPOCH_IMAGE_SIZE> {}

/** {@link EpochImageSize}, checked. */
export interface FirstSize {
  readonly epochs: number;
  readonly height: number;
  readonly width: number;
}

/** How often an example is drawn beside the others: `balanced` draws every class as often, a function gives each example's weight. */
export type Sampler = 'balanced' | ((example: ImageExample) => number);

/** Options of `imageBatches`, as data. */
export const IMAGE_BATCHES_OPTIONS = {
  ...PREPROCESSING_OPTIONS,
  /** Size of the pictures in a batch. */
  imageSize: { ...IMAGE_SIZE, isRequired: true },
  /**
   * Sizes of the first epochs, one after the other; when they are over, pictures have `imageSize` (progressive resizing: Howard 2018;
   * Touvron et al. 2019). Small pictures take a fraction of the time. The model must leave height and width open. Default none.
   */
  imageSizeByEpoch: {
    type: 'any',
    expected: 'an array of { epochs, imageSize }',
    check: firstSizes,
    default: [],
  } as AnyRowWithDefault<readonly EpochImageSize[], readonly FirstSize[]>,
  /** Examples in a batch; the last of an epoch may hold fewer. Default 32. */
  batchSize: { type: 'integer', minimum: 1, default: 32 },
  /** Draws a new order for each epoch. Default true: in a folder's own order a batch holds one class. */
  shuffle: { type: 'boolean', default: true },
  /**
   * Draws each epoch's examples anew, so that some come often and some not at all, as many as the set has: `balanced` draws every class
   * as often, a function gives an example's weight. Default every example once.
   */
  sampler: {
    type: 'any',
    expected: "'balanced' or a function from an example to its weight",
    check: expectSampler,
  } as AnyRow<Sampler>,
  /** What order and augmentation follow from, together with the epoch's number. Default 0. */
  seed: SEED,
  /** Leaves out the last batch of an epoch if it is not full. Default false. */
  dropRemainder: { type: 'boolean', default: false },
  /** Ends an epoch after so many batches, as Keras' `steps_per_epoch` does. Default all. */
  stepsPerEpoch: { type: 'integer', minimum: 1 },
  /** Changes of each picture, in this order. Default none. */
  augment: {
    type: 'any',
    expected: 'a list of augmentations',
    check: expectAugmentations,
    default: [],
  } as AnyRowWithDefault<readonly Augmentation[]>,
  /** Changes of each batch, such as `mixUp()`, in this order. Default none. */
  augmentBatch: {
    type: 'any',
    expected: 'a list of augmentations',
    check: expectAugmentations,
    default: [],
  } as AnyRowWithDefault<readonly BatchAugmentation[]>,
  /**
   * Size that pictures are brought to before augmentation, and kept in by the cache; larger than `imageSize`, a random crop
   * has more to choose from. `source` leaves them as their files have them, as torchvision's RandomResizedCrop wants them: of a JPEG
   * the crop alone is decoded. Default `imageSize`.
   */
  augmentFrom: {
    type: 'any',
    expected: "a number of pixels, [height, width] or 'source'",
    check: (argument, size) => (size === 'source' ? size : heightAndWidth(argument, size)),
  } as AnyRow<ImageSize | 'source', readonly [height: number, width: number] | 'source'>,
  /**
   * `grayscale` brings pictures to one channel, Pillow's `convert('L')`, after augmentation, which sees colours. Default `rgb`.
   */
  colorMode: PREPROCESSING_OPTIONS.colorMode,
  /**
   * What happens to pictures that can't be read: `error` (default) ends with their count and names, before the first batch where
   * their files' structure shows it; `skip` leaves them out, and the source names them in `corrupt`.
   */
  onCorrupt: { type: 'choice', choices: ['error', 'skip'], default: 'error' },
  /** `memory` keeps decoded and resized pictures, as augmentation begins with them, for the next epoch. Default `none`. */
  cache: { type: 'choice', choices: ['none', 'memory'], default: 'none' },
  /**
   * Bytes of pixels that the cache holds at most; pictures beyond are read each time. Default: 1 GiB in memory; on the disk what leaves a
   * GiB of it free.
   */
  cacheLimitBytes: { type: 'integer', minimum: 0 },
  /** Batches that are made ahead, while a step runs. Default 2. */
  prefetch: { type: 'integer', minimum: 0, default: 2 },
  /** Pictures that are read and decoded at a time. Default 8; with `workers` 8 for each. */
  concurrency: { type: 'integer', minimum: 1, default: 8 },
} as const satisfies OptionTable;

/** Options that `imageBatches` has in Node alone, as data. */
export const NODE_IMAGE_BATCHES_OPTIONS = {
  /**
   * Threads that decode, crop, resize, colour and normalise pictures while the main one trains; batches are the same with any number.
   * Default 0: the main thread.
   */
  workers: { type: 'integer', minimum: 0, maximum: 64, default: 0 },
  /**
   * `memory` keeps decoded and resized pictures, as augmentation begins with them, for the next epoch; `disk` keeps them in files, for
   * other runs and processes too. Batches are the same. Default `none`.
   */
  cache: { type: 'choice', choices: ['none', 'memory', 'disk'], default: 'none' },
  /** The folder for `cache: 'disk'`. Default `pictures` in `cacheDirectory()` of `@zoo/core`, which `$ZOO_CACHE_DIRECTORY` moves. */
  cacheDirectory: { type: 'text', expected: 'the path of a folder' },
} as const satisfies OptionTable;

/** Options of `imageBatches`. */
export interface ImageBatchesOptions extends OptionsOf<typeof IMAGE_BATCHES_OPTIONS> {}

/** {@link ImageBatchesOptions}, checked and complete. */
export interface ResolvedBatchesOptions extends ReadOptions<typeof IMAGE_BATCHES_OPTIONS> {
  readonly height: number;
  readonly width: number;
}

/** `options` with defaults; throws ArgumentError for what makes no sense. */
export function resolveBatchesOptions(options: ImageBatchesOptions): ResolvedBatchesOptions {
  const read = readOptions(IMAGE_BATCHES_OPTIONS, options);
  const [height, width] = read.imageSize;
  if (read.sampler !== undefined && !read.shuffle) {
    throw new ArgumentError('options.sampler', 'no sampler together with shuffle: false', read.sampler);
  }
  return { ...read, height, width };
}

function firstSizes(argument: string, sizes: unknown): FirstSize[] {
  if (!Array.isArray(sizes)) throw new ArgumentError(argument, 'an array of { epochs, imageSize }', sizes);
  return sizes.map((size: EpochImageSize, place) => {
    const { epochs, imageSize } = readOptions(EPOCH_IMAGE_SIZE, size, `${argument}[${place}]`);
    return { epochs, height: imageSize[0], width: imageSize[1] };
  });
}

/** `sampler`; throws ArgumentError for anything else. */
function expectSampler(argument: string, sampler: unknown): Sampler {
  if (sampler === 'balanced' || typeof sampler === 'function') return sampler as Sampler;
  throw new ArgumentError(argument, "'balanced' or a function from an example to its weight", sampler);
}
