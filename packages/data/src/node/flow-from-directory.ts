import { ArgumentError, NAMES, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { ImageBatchSource } from '../batches/corrupt-pictures';
import { kerasValidationSplit } from '../keras/keras-validation-split';
import { PART } from '../sets/split-options';

import { findKerasFiles } from './keras-files';
import { kerasImageBatches, type NodeKerasImageBatchesOptions } from './keras-image-batches';

const FLOW_FROM_DIRECTORY_OPTIONS = {
  /** The folders to read, in label order. Default all, sorted; hidden ones are left out, which Keras counts as classes. */
  classes: NAMES,
  /** The share of each class that is for validation: its first files, rounded down. Goes with `subset`. */
  validationSplit: PART,
  /** Which part to read. */
  subset: { type: 'choice', choices: ['training', 'validation'] },
  /** Reads folders that links lead to. Default false. */
  followLinks: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** Options of {@link flowFromDirectory}: those of Keras' `ImageDataGenerator` and of its `flow_from_directory`, with their defaults. */
export interface FlowFromDirectoryOptions
  extends NodeKerasImageBatchesOptions, OptionsOf<typeof FLOW_FROM_DIRECTORY_OPTIONS> {}

/** Keras' list; it leaves out GIF, WebP and AVIF, which `readImageFolder` reads. */
const ENDINGS: ReadonlySet<string> = new Set(['.png', '.jpg', '.jpeg', '.bmp', '.ppm', '.tif', '.tiff']);

/**
 * Yields the batches of Keras' `ImageDataGenerator(...).flow_from_directory(directory, ...)`: `kerasImageBatches` of the files that Keras
 * reads there, in its order.
 *
 * @example
 * const options = { targetSize: 224, rescale: 1 / 255, validationSplit: 0.2, seed: 1 };
 * const train = await flowFromDirectory('flowers', { ...options, subset: 'training', horizontalFlip: true });
 * const validation = await flowFromDirectory('flowers', { ...options, subset: 'validation', shuffle: false });
 *
 * @throws ArgumentError for an option that makes no sense; ZooError `invalid-file` for a folder that can't be read or holds no picture, and
 *   for pictures that can't be read, unless they are skipped.
 */
export async function flowFromDirectory(
  directory: string,
  { classes, validationSplit, subset, followLinks, ...options }: FlowFromDirectoryOptions = {},
): Promise<ImageBatchSource> {
  const own = readOptions(FLOW_FROM_DIRECTORY_OPTIONS, { classes, validationSplit, subset, followLinks });
  if ((own.validationSplit === undefined) !== (own.subset === undefined))
    throw new ArgumentError(
      'options.subset',
      "'training' or 'validation', together with `validationSplit`",
      subset,
    );
  const found = await findKerasFiles(directory, {
    endings: ENDINGS,
    classNames: own.classes,
    followLinks: own.followLinks,
  });
  if (own.validationSplit === undefined) return kerasImageBatches(found, options);
  const { train, validation } = kerasValidationSplit(found, own.validationSplit);
  return kerasImageBatches(own.subset === 'training' ? train : validation, options);
}
