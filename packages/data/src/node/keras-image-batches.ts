import { expectKnownOptions } from '@zoo/core';

import type { ImageBatchSource } from '../batches/corrupt-pictures';
import {
  kerasImageBatches as portableBatches,
  type KerasImageBatchesOptions,
} from '../keras/keras-image-batches';
import type { ImageExample, ImageSet, ReadableImageSet } from '../sets/image-set';

import type { NodeDecodeImageOptions } from './decode-image';
import { filesOf } from './files-of';

/** Options of `kerasImageBatches` in Node. */
export interface NodeKerasImageBatchesOptions extends KerasImageBatchesOptions {
  /** How files are decoded. Default as Keras does: `convention: 'pillow'`. */
  decode?: Omit<NodeDecodeImageOptions, 'source' | 'signal'>;
}

/** Keras' batches of a folder of pictures: see `kerasImageBatches` of `@zoo/data`, which this is with files read. */
export async function kerasImageBatches<Example extends ImageExample>(
  set: ImageSet<Example> | ReadableImageSet<Example>,
  { decode = {}, ...options }: NodeKerasImageBatchesOptions = {},
): Promise<ImageBatchSource> {
  expectKnownOptions('options.decode', decode, ['convention', 'background', 'pixelLimit']);
  return portableBatches(filesOf(set, { convention: 'pillow', ...decode }), options);
}
