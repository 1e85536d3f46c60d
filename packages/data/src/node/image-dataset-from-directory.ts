import {
  ArgumentError,
  NAMES,
  readOptions,
  type AnyRowWithDefault,
  type OptionsOf,
  type OptionTable,
  type ReadOptions,
} from '@zoo/core/options';

import type { ImageBatchSource } from '../batches/corrupt-pictures';
import { DECODING_OPTIONS } from '../image/decode-options';
import { imageDataset, IMAGE_DATASET_OPTIONS } from '../keras/image-dataset';
import { kerasValidationSplit } from '../keras/keras-validation-split';
import { numpyRandom } from '../keras/numpy-random';
import type { ImageSet } from '../sets/image-set';
import { PART } from '../sets/split-options';

import { filesOf } from './files-of';
import { directoryError, findKerasFiles, picturesBelow } from './keras-files';

const LABELS = "'inferred', 'none' or a list of whole numbers";

const IMAGE_DATASET_FROM_DIRECTORY_OPTIONS = {
  ...IMAGE_DATASET_OPTIONS,
  /**
   * `inferred` from the folders; a whole number for each file, in the order of their paths; or `none`: all pictures below the directory,
   * without labels. Default `inferred`.
   */
  labels: {
    type: 'any',
    expected: LABELS,
    check: (argument, value) => {
      const isList = Array.isArray(value) && value.every(Number.isSafeInteger);
      if (value === 'inferred' || value === 'none' || isList)
        return value as 'inferred' | 'none' | readonly number[];
      throw new ArgumentError(argument, LABELS, value);
    },
    default: 'inferred',
  } as AnyRowWithDefault<'inferred' | 'none' | readonly number[]>,
  /** The folders to read, in label order. Default all, sorted. */
  classNames: NAMES,
  /** The share that is for validation: the last, rounded down, after the shuffle. Goes with `subset`. */
  validationSplit: PART,
  /** Which part to read. With `both` the validation part is not shuffled again. */
  subset: { type: 'choice', choices: ['training', 'validation', 'both'] },
  /** Reads folders that links lead to. Default false. */
  followLinks: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** Options of {@link imageDatasetFromDirectory}: Keras', with its defaults. */
export interface ImageDatasetFromDirectoryOptions extends OptionsOf<
  typeof IMAGE_DATASET_FROM_DIRECTORY_OPTIONS
> {}

/** Keras' list; it leaves out WebP, TIFF and PPM, which `readImageFolder` reads. */
const ENDINGS: ReadonlySet<string> = new Set(['.bmp', '.gif', '.jpeg', '.jpg', '.png']);

/**
 * Yields the batches of Keras' `image_dataset_from_directory`: the same files in the same batches, epoch after epoch, for a `seed`, and the
 * same values: floats from 0 to 255, resized like `tf.image.resize`.
 *
 * Labels are one-hot by default (`labelMode`). Not supported: channels first, `batch_size=None`. JPEG files are decoded as libjpeg and Pillow do; TensorFlow's default is a faster transform whose
 * pixels differ by up to 5 of 255 levels.
 *
 * @example
 * const [train, validation] = await imageDatasetFromDirectory('flowers', { validationSplit: 0.2, subset: 'both', seed: 123, imageSize: 180 });
 *
 * @returns With `subset: 'both'` the training and the validation part.
 * @throws ArgumentError for an option that makes no sense; ZooError `invalid-file` for a folder that can't be read or holds no picture.
 */
export function imageDatasetFromDirectory(
  directory: string,
  options: ImageDatasetFromDirectoryOptions & { readonly subset: 'both' },
): Promise<[train: ImageBatchSource, validation: ImageBatchSource]>;
export function imageDatasetFromDirectory(
  directory: string,
  options?: ImageDatasetFromDirectoryOptions & { readonly subset?: 'training' | 'validation' },
): Promise<ImageBatchSource>;
export async function imageDatasetFromDirectory(
  directory: string,
  options: ImageDatasetFromDirectoryOptions = {},
): Promise<ImageBatchSource | [ImageBatchSource, ImageBatchSource]> {
  const read = readOptions(IMAGE_DATASET_FROM_DIRECTORY_OPTIONS, options);
  const { validationSplit, subset, shuffle, seed } = read;
  if ((validationSplit === undefined) !== (subset === undefined))
    throw new ArgumentError(
      'options.subset',
      "'training', 'validation' or 'both', together with `validationSplit`",
      subset,
    );
  if (read.cropToAspectRatio && read.padToAspectRatio)
    throw new ArgumentError('options.padToAspectRatio', 'false beside `cropToAspectRatio`', true);
  const found = await findFiles(directory, read);
  const set = shuffle ? shuffled(found, seed) : found;
  const batches = (part: ImageSet, isShuffled = shuffle): Promise<ImageBatchSource> =>
    imageDataset(filesOf(part, readOptions(DECODING_OPTIONS, { convention: 'pillow' })), {
      ...read,
      shuffle: isShuffled,
      ...(read.labels === 'none' && { labelMode: 'none' }),
    });
  if (validationSplit === undefined) return batches(set);
  if (Math.trunc(validationSplit * set.examples.length) === 0)
    throw new ArgumentError('options.validationSplit', 'a fraction of at least one picture', validationSplit);
  const { train, validation } = kerasValidationSplit(set, validationSplit, { side: 'last' });
  if (train.examples.length === 0)
    throw new ArgumentError(
      'options.validationSplit',
      'a share that leaves a picture to train on',
      validationSplit,
    );
  if (subset === 'training') return batches(train);
  if (subset === 'validation') return batches(validation);
  return [await batches(train), await batches(validation, false)];
}

type FileOptions = Pick<
  ReadOptions<typeof IMAGE_DATASET_FROM_DIRECTORY_OPTIONS>,
  'labels' | 'classNames' | 'followLinks'
>;

async function findFiles(directory: string, options: FileOptions): Promise<ImageSet> {
  const { labels, followLinks } = options;
  if (labels === 'inferred') return findKerasFiles(directory, { ...options, endings: ENDINGS });
  if (options.classNames !== undefined)
    throw new ArgumentError('options.classNames', 'nothing beside `labels`', options.classNames);
  const paths = await picturesBelow(directory, { followLinks, endings: ENDINGS });
  if (paths.length === 0) throw directoryError(directory, 'pictures', []);
  if (labels === 'none') return { classNames: [''], examples: paths.map((path) => ({ path, label: 0 })) };
  if (paths.length !== labels.length)
    throw new ArgumentError(
      'options.labels',
      `a label for each of the ${paths.length} pictures in ${directory}`,
      labels,
    );
  const values = [...new Set(labels)].sort((left, right) => left - right);
  return {
    classNames: values.map(String),
    examples: paths.map((path, index) => ({ path, label: values.indexOf(labels[index]!) })),
  };
}

/** The order of `RandomState(seed).shuffle`, which Keras draws for paths and labels alike. */
function shuffled(set: ImageSet, seed: number): ImageSet {
  const order = numpyRandom(seed).permutation(set.examples.length);
  return { ...set, examples: Array.from(order, (place) => set.examples[place]!) };
}
