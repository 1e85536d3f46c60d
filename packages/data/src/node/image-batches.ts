import { join } from 'node:path';

import { cacheDirectory } from '@zoo/core';
import { ArgumentError, readOptions, type OptionsOf } from '@zoo/core/options';

import type { ImageBatchSource } from '../batches/corrupt-pictures';
import { createImageBatches } from '../batches/image-batches';
import {
  IMAGE_BATCHES_OPTIONS,
  NODE_IMAGE_BATCHES_OPTIONS,
  type ImageBatchesOptions,
} from '../batches/image-batches-options';
import { createMemoryCache } from '../batches/picture-cache';
import { DECODING_OPTIONS } from '../image/decode-options';
import type { ImageExample, ImageSet, ReadableImageSet } from '../sets/image-set';

import { createDiskCache } from './disk-cache';
import { filesOf } from './files-of';
import { runOnThreads } from './picture-threads';

/** Options of `imageBatches` in Node. */
export interface NodeImageBatchesOptions
  extends Omit<ImageBatchesOptions, 'cache'>, OptionsOf<typeof NODE_IMAGE_BATCHES_OPTIONS> {
  /** How files are decoded. */
  readonly decode?: OptionsOf<typeof DECODING_OPTIONS>;
}

/**
 * Batches of a folder of pictures, or of any other set: see `imageBatches` of `@zoo/data`, which this is with files read.
 *
 * @example
 * const folder = await readImageFolder('idenprof/train');
 * const train = await imageBatches(folder, { imageSize: 224, batchSize: 32, normalization: 'torch', seed: 1 });
 *
 * @param set An ImageFolder, whose examples' paths are read, or a set that reads its examples itself.
 */
export async function imageBatches<Example extends ImageExample>(
  set: ImageSet<Example> | ReadableImageSet<Example>,
  { decode = {}, workers, cache, cacheDirectory: directory, ...options }: NodeImageBatchesOptions,
): Promise<ImageBatchSource> {
  const decoding = readOptions(DECODING_OPTIONS, decode, 'options.decode');
  const own = readOptions(NODE_IMAGE_BATCHES_OPTIONS, { workers, cache, cacheDirectory: directory });
  const isOnDisk = own.cache === 'disk';
  if (isOnDisk && 'readImage' in set) {
    throw new ArgumentError(
      'options.cache',
      "'none' or 'memory' for a set that reads its own pictures",
      cache,
      'A cache on the disk tells by the files of a set whether its pictures are still the same.',
    );
  }
  const runner = {
    run: runOnThreads(own.workers),
    isShared: own.workers > 0,
    createCache: isOnDisk
      ? createDiskCache(own.cacheDirectory ?? join(cacheDirectory(), 'pictures'), decoding)
      : createMemoryCache,
  };
  return createImageBatches(
    filesOf(set, decoding),
    {
      ...options,
      concurrency:
        options.concurrency ?? IMAGE_BATCHES_OPTIONS.concurrency.default * Math.max(1, own.workers),
      ...(own.cache !== 'disk' && { cache: own.cache }),
    },
    runner,
  );
}
