import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

import {
  ArgumentError,
  NAMES,
  readOptions,
  ZooError,
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
import { byCodePoints } from '../sets/by-code-points';
import type { ImageExample, ImageSet } from '../sets/image-set';

import { filesOf } from './files-of';

const IMAGE_DATASET_FROM_DIRECTORY_OPTIONS = {
  ...IMAGE_DATASET_OPTIONS,
  /** `inferred` from the folders, or a whole number for each file, in the order of their paths. Default `inferred`. */
  labels: {
    type: 'any',
    expected: "'inferred' or a list of whole numbers",
    check: (argument, value) => {
      if (value === 'inferred' || (Array.isArray(value) && value.every(Number.isSafeInteger)))
        return value as 'inferred' | readonly number[];
      throw new ArgumentError(argument, "'inferred' or a list of whole numbers", value);
    },
    default: 'inferred',
  } as AnyRowWithDefault<'inferred' | readonly number[]>,
  /** The folders to read, in label order. Default all, sorted. */
  classNames: NAMES,
  /** The share that is for validation: the last, rounded down, after the shuffle. Goes with `subset`. */
  validationSplit: {
    type: 'number',
    minimum: 0,
    exclusiveMinimum: true,
    maximum: 1,
    exclusiveMaximum: true,
  },
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
 * Labels are always one-hot, so there is no `label_mode`. Not supported: `color_mode`, other interpolations than `bilinear` and `nearest`,
 * `labels=None`, `batch_size=None`. JPEG files are decoded as libjpeg and Pillow do; TensorFlow's default is a faster transform whose
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

/** The files of a directory with their labels, in Keras' order: class by class, folder by folder, by name. */
async function findFiles(directory: string, options: FileOptions): Promise<ImageSet> {
  const { labels, followLinks } = options;
  if (labels === 'inferred') {
    const classNames = await classFolders(directory, options.classNames);
    const examples: ImageExample[] = [];
    for (const [label, name] of classNames.entries())
      for (const path of await picturesBelow(join(directory, name), followLinks))
        examples.push({ path, label });
    if (examples.length === 0) throw directoryError(directory, 'pictures in its folders', classNames);
    return { classNames, examples };
  }
  if (options.classNames !== undefined)
    throw new ArgumentError('options.classNames', 'nothing beside `labels`', options.classNames);
  const paths = await picturesBelow(directory, followLinks);
  if (paths.length !== labels.length || paths.length === 0)
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

async function classFolders(directory: string, asked: readonly string[] | undefined): Promise<string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw directoryError(directory, 'a folder that can be read', [], error);
  });
  const folders: string[] = [];
  for (const name of names.sort(byCodePoints)) {
    const isFolder = (await stat(join(directory, name)).catch(() => undefined))?.isDirectory() === true;
    if (isFolder && !name.startsWith('.')) folders.push(name);
  }
  const absent = asked?.find((name) => !folders.includes(name));
  if (absent !== undefined || folders.length === 0)
    throw directoryError(
      directory,
      absent === undefined ? 'a folder for each class' : `a folder '${absent}'`,
      folders,
    );
  return [...(asked ?? folders)];
}

/** The pictures of a folder and those below it, as Python's `sorted(os.walk(...))` finds them. */
async function picturesBelow(directory: string, followLinks: boolean): Promise<string[]> {
  const found: { folder: string; files: string[] }[] = [];
  const seen = new Set<string>();
  const walk = async (folder: string): Promise<void> => {
    const real = await realpath(folder);
    // A link to a folder above would lead round and round.
    if (seen.has(real)) return;
    seen.add(real);
    const files: string[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const target = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
      if (target?.isDirectory() === true && (followLinks || !entry.isSymbolicLink())) await walk(path);
      else if (target?.isFile() === true && ENDINGS.has(extname(entry.name).toLowerCase())) files.push(path);
    }
    found.push({ folder, files: files.sort(byCodePoints) });
  };
  await walk(directory);
  return found.sort((left, right) => byCodePoints(left.folder, right.folder)).flatMap(({ files }) => files);
}

/** The order of `RandomState(seed).shuffle`, which Keras draws for paths and labels alike. */
function shuffled(set: ImageSet, seed: number): ImageSet {
  const order = numpyRandom(seed).permutation(set.examples.length);
  return { ...set, examples: Array.from(order, (place) => set.examples[place]!) };
}

function directoryError(
  directory: string,
  expected: string,
  found: readonly string[],
  cause?: unknown,
): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected ${expected} in ${directory} but found ${found.length === 0 ? 'none' : `only ${found.join(', ')}`}. Lay it out as one folder per class.`,
    { cause },
  );
}
