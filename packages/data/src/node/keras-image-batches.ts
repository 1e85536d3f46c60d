import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { ImageBatchSource } from '../batches/corrupt-pictures';
import { DECODING_OPTIONS } from '../image/decode-options';
import {
  kerasImageBatches as portableBatches,
  type KerasImageBatchesOptions,
} from '../keras/keras-image-batches';
import type { ImageExample, ImageSet, ReadableImageSet } from '../sets/image-set';

import { filesOf } from './files-of';

const KERAS_DECODING_OPTIONS = {
  ...DECODING_OPTIONS,
  /** Default `pillow`. */
  convention: { ...DECODING_OPTIONS.convention, default: 'pillow' },
} as const satisfies OptionTable;

/** Options of `kerasImageBatches` in Node. */
export interface NodeKerasImageBatchesOptions extends KerasImageBatchesOptions {
  /** How files are decoded. Default as Keras does: `convention: 'pillow'`. */
  readonly decode?: OptionsOf<typeof KERAS_DECODING_OPTIONS>;
}

/** Keras' batches of a folder of pictures: see `kerasImageBatches` of `@zoo/data`, which this is with files read. */
export async function kerasImageBatches<Example extends ImageExample>(
  set: ImageSet<Example> | ReadableImageSet<Example>,
  { decode = {}, ...options }: NodeKerasImageBatchesOptions = {},
): Promise<ImageBatchSource> {
  const decoding = readOptions(KERAS_DECODING_OPTIONS, decode, 'options.decode');
  return portableBatches(filesOf(set, decoding), options);
}
