import { readOptions, type OptionsOf } from '@zoo/core/options';

import type { ImageBatchSource } from '../batches/corrupt-pictures';
import { createImageBatches } from '../batches/image-batches';
import { NODE_IMAGE_BATCHES_OPTIONS, type ImageBatchesOptions } from '../batches/image-batches-options';
import { DECODING_OPTIONS } from '../image/decode-options';
import type { ImageExample, ImageSet, ReadableImageSet } from '../sets/image-set';

import { filesOf } from './files-of';
import { runOnThreads } from './picture-threads';

/** Options of `imageBatches` in Node. */
export interface NodeImageBatchesOptions
  extends ImageBatchesOptions, OptionsOf<typeof NODE_IMAGE_BATCHES_OPTIONS> {
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
  { decode = {}, workers, ...options }: NodeImageBatchesOptions,
): Promise<ImageBatchSource> {
  const decoding = readOptions(DECODING_OPTIONS, decode, 'options.decode');
  const { workers: threads } = readOptions(NODE_IMAGE_BATCHES_OPTIONS, { workers });
  const runner = { run: runOnThreads(threads), isShared: threads > 0 };
  return createImageBatches(filesOf(set, decoding), options, runner);
}
