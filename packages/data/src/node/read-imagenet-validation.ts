import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { readOptions, ZooError, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { ImageExample } from '../sets/image-set';

import { expectFolder } from './expect-folder';
import { imagenetIdentifiers, readImagenetNumbers } from './imagenet-classes';
import { filesBelow, readImageFolder, type IgnoredFile, type ImageFolder } from './read-image-folder';
import { readTextLines } from './read-text-lines';

const READ_IMAGENET_VALIDATION_OPTIONS = {
  /**
   * The file that says which class each picture of a flat folder has: `ILSVRC2012_validation_ground_truth.txt` of the development kit,
   * lines of WordNet's identifiers in the pictures' order, or lines of a picture's name with an identifier or a number from 0 to 999
   * (`LOC_val_solution.csv`, Caffe's `val.txt`). Default: the first of these in the folder, beside it or in the kit beside it.
   */
  labels: { type: 'text', expected: 'the path of a file of labels' },
  /** What the kit's numbers mean: its `meta.mat`, or lines as of `map_clsloc.txt`. Default: the one beside `labels`. */
  meta: { type: 'text', expected: 'the path of meta.mat or of map_clsloc.txt' },
} as const satisfies OptionTable;

/** Options of {@link readImagenetValidation}. */
export interface ReadImagenetValidationOptions extends OptionsOf<typeof READ_IMAGENET_VALIDATION_OPTIONS> {}

const KIT = 'ILSVRC2012_devkit_t12';
const KIT_LABELS = 'ILSVRC2012_validation_ground_truth.txt';

/** Where labels are looked for, from the folder and from the one that it lies in. */
const LABEL_PLACES = [
  KIT_LABELS,
  join(KIT, 'data', KIT_LABELS),
  join('data', KIT_LABELS),
  'imagenet_2012_validation_synset_labels.txt',
  'LOC_val_solution.csv',
  'val.txt',
];
const META_PLACES = ['meta.mat', 'map_clsloc.txt'];

/** A picture's number, counted from 1, by its name. */
const PICTURE_NAME = /^ILSVRC2012_val_(\d{8})(?:_n\d{8})?\.JPEG$/i;

/**
 * Lists ImageNet's validation pictures (ILSVRC 2012), or some of them: 50,000 files in one folder as downloaded, or one folder per class.
 *
 * Classes are all 1,000, called by WordNet's identifiers (`n01440764`) in the order of published weights, whatever part of the pictures is
 * there; `IMAGENET_CLASS_INDEX` of `@zoo/resnet/imagenet` has their names. Nothing is decoded.
 *
 * @example
 * const set = await readImagenetValidation('ILSVRC2012_img_val', { labels: 'ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt' });
 *
 * @throws ZooError `invalid-file` for a folder without pictures or of other classes, and for labels that are absent, of another kind or
 *   too few.
 */
export async function readImagenetValidation(
  directory: string,
  options: ReadImagenetValidationOptions = {},
): Promise<ImageFolder> {
  const { labels, meta } = readOptions(READ_IMAGENET_VALIDATION_OPTIONS, options);
  await expectFolder(directory);
  const { pictures, ignored } = await flatPictures(directory);
  if (pictures.length === 0) return readClassFolders(directory);
  const file = labels ?? (await findLabels(directory));
  const labelOf = await readLabels(file, meta);
  const examples = pictures.map(({ path, number }): ImageExample => ({ path, label: labelOf(number, path) }));
  return { directory, classNames: imagenetIdentifiers(), examples, ignored };
}

/** A folder for each class, of which any may be absent. */
async function readClassFolders(directory: string): Promise<ImageFolder> {
  const folder = await readImageFolder(directory);
  const classNames = imagenetIdentifiers();
  const labels = folder.classNames.map((name) => classNames.indexOf(name));
  const unknown = folder.classNames.find((_, index) => labels[index] === -1);
  if (unknown !== undefined) {
    throw new ZooError(
      'invalid-file',
      `Expected ILSVRC2012_val_00000001.JPEG and so on in ${directory}, or folders called by WordNet's identifiers of ImageNet's 1,000 classes, as n01440764, but found the folder '${unknown}'. Check the path, or rename its folders.`,
    );
  }
  const examples = folder.examples.map((example) => ({ ...example, label: labels[example.label]! }));
  return { ...folder, classNames, examples };
}

interface NumberedPicture {
  readonly path: string;
  readonly number: number;
}

async function flatPictures(
  directory: string,
): Promise<{ pictures: NumberedPicture[]; ignored: IgnoredFile[] }> {
  const pictures: NumberedPicture[] = [];
  const ignored: IgnoredFile[] = [];
  for await (const { path, reason } of filesBelow(directory, [])) {
    const number = PICTURE_NAME.exec(basename(path))?.[1];
    // Folders of classes hold pictures of the same names.
    if (reason === undefined && number !== undefined && dirname(path) === join(directory)) {
      pictures.push({ path, number: Number(number) });
    } else {
      ignored.push({ path, reason: reason ?? 'no label in its name' });
    }
  }
  return { pictures, ignored };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function firstOf(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await exists(path)) return path;
  return undefined;
}

async function findLabels(directory: string): Promise<string> {
  const found = await firstOf(
    [directory, dirname(join(directory))].flatMap((place) => LABEL_PLACES.map((name) => join(place, name))),
  );
  if (found !== undefined) return found;
  throw new ZooError(
    'invalid-file',
    `Expected labels of the pictures in ${directory}, such as ${KIT_LABELS} of the development kit, there or beside it but found none. Say where they are: the option labels.`,
  );
}

/** The label of a picture. */
type LabelOf = (number: number, path: string) => number;

async function readLabels(file: string, meta: string | undefined): Promise<LabelOf> {
  const lines = await readTextLines(file, 'labels of pictures');
  const isNamed = lines.some((line) => NAMED_LINE.test(line));
  const known = isNamed ? namedLabels(file, lines) : await countedLabels(file, lines, meta);
  return (number, path) => {
    const label = known.get(number);
    if (label !== undefined) return label;
    throw new ZooError(
      'invalid-file',
      `Expected a label for ${path} in ${file} but it has none for picture ${number}, of ${known.size}. Give the labels of all 50,000 pictures.`,
    );
  };
}

/** A picture's name, then an identifier or a label's number; what follows, boxes, is passed over. */
const NAMED_LINE = /^ILSVRC2012_val_(\d{8})(?:\.JPEG)?[\s,]+(n\d{8}|\d{1,3})(?:[\s,].*)?$/i;

function namedLabels(file: string, lines: readonly string[]): Map<number, number> {
  const classNames = imagenetIdentifiers();
  const labels = new Map<number, number>();
  lines.forEach((line, place) => {
    const [, number, name] = NAMED_LINE.exec(line) ?? [];
    // LOC_val_solution.csv begins with the names of its columns.
    if (number === undefined && place === 0) return;
    const label = name?.startsWith('n') === true ? classNames.indexOf(name) : Number(name);
    if (number === undefined || !(label >= 0)) throw strangeLine(file, place, line);
    labels.set(Number(number), label);
  });
  return labels;
}

/** One line per picture, in the pictures' order: identifiers, or numbers of the development kit. */
async function countedLabels(
  file: string,
  lines: readonly string[],
  meta: string | undefined,
): Promise<Map<number, number>> {
  const areNumbers = lines.every((line) => /^\d{1,4}$/.test(line));
  const numbers = areNumbers ? await readImagenetNumbers(await findMeta(file, meta)) : undefined;
  const classNames = imagenetIdentifiers();
  return new Map(
    lines.map((line, place) => {
      const label = numbers?.get(Number(line)) ?? classNames.indexOf(line);
      if (label === -1) throw strangeLine(file, place, line);
      return [place + 1, label] as const;
    }),
  );
}

async function findMeta(labels: string, meta: string | undefined): Promise<string> {
  const found = meta ?? (await firstOf(META_PLACES.map((name) => join(dirname(labels), name))));
  if (found !== undefined) return found;
  throw new ZooError(
    'invalid-file',
    `Expected meta.mat, which says what the numbers in ${labels} mean, beside it but found none. The development kit has it in its folder data: say where it is, by the option meta.`,
  );
}

function strangeLine(file: string, place: number, line: string): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected a label of ImageNet's validation pictures on line ${place + 1} of ${file} but found '${line.slice(0, 80)}'. Give the file of labels as it was published.`,
  );
}
