import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { ImageBatchSource } from '../batches/corrupt-pictures';
import { NODE_IMAGE_BATCHES_OPTIONS } from '../batches/image-batches-options';
import { DECODING_OPTIONS } from '../image/decode-options';
import { createKerasBatches, type KerasImageBatchesOptions } from '../keras/keras-image-batches';
import type { ImageExample, ImageSet, ReadableImageSet } from '../sets/image-set';

import { filesOf } from './files-of';
import { runOnThreads } from './picture-threads';

const KERAS_DECODING_OPTIONS = {
  ...DECODING_OPTIONS,
  /** Default `pillow`. */
  convention: { ...DECODING_OPTIONS.convention, default: 'pillow' },
} as const satisfies OptionTable;

const NODE_KERAS_OPTIONS = {
  /** Threads that decode and resize pictures; batches are the same with any number. Default 0: the main thread. */
  workers: NODE_IMAGE_BATCHES_OPTIONS.workers,
} as const satisfies OptionTable;

/** Options of `kerasImageBatches` in Node. */
export interface NodeKerasImageBatchesOptions
  extends KerasImageBatchesOptions, OptionsOf<typeof NODE_KERAS_OPTIONS> {
  /** How files are decoded. Default as Keras does: `convention: 'pillow'`. */
  readonly decode?: OptionsOf<typeof KERAS_DECODING_OPTIONS>;
}

/** Keras' batches of a folder of pictures: see `kerasImageBatches` of `@zoo/data`, which this is with files read. */
export async function kerasImageBatches<Example extends ImageExample>(
  set: ImageSet<Example> | ReadableImageSet<Example>,
  { decode = {}, workers, ...options }: NodeKerasImageBatchesOptions = {},
): Promise<ImageBatchSource> {
  const decoding = readOptions(KERAS_DECODING_OPTIONS, decode, 'options.decode');
  const { workers: threads } = readOptions(NODE_KERAS_OPTIONS, { workers });
  return createKerasBatches(filesOf(set, decoding), options, runOnThreads(threads));
}
