import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The folders of a data set that is split on disk, by their paths. */
export interface ImageSplits {
  readonly train: string;
  readonly validation?: string;
  readonly test?: string;
}

type Part = keyof ImageSplits;

/** Names of the parts, the most likely first; written in any case and with any punctuation. */
const NAMES: Readonly<Record<Part, readonly string[]>> = {
  train: ['train', 'training', 'trainset', 'trainingset', 'traindata', 'trainingdata'],
  validation: ['validation', 'val', 'valid', 'dev', 'validationset', 'valset', 'validset', 'validationdata'],
  test: ['test', 'testing', 'testset', 'testingset', 'testdata', 'eval', 'evaluation', 'holdout'],
};

/**
 * The parts of a data set that is split on disk: folders called `train`, `Training`, `val`, `Validation`, `test_set` and the
 * like, in any case, that hold folders of their own; undefined where there is none to train on.
 *
 * @example
 * const splits = await findImageSplits('brain-tumours');   // { train: 'brain-tumours/Training', test: 'brain-tumours/Testing' }
 */
export async function findImageSplits(directory: string): Promise<ImageSplits | undefined> {
  const entries = await readdir(directory).catch(() => []);
  const found: Partial<Record<Part, string>> = {};
  for (const part of Object.keys(NAMES) as Part[]) {
    const path = await firstWithFolders(directory, entries, NAMES[part]);
    if (path !== undefined) found[part] = path;
  }
  const { train, ...others } = found;
  return train === undefined ? undefined : { train, ...others };
}

/** Those of `folders` that are parts of a split: one to train on, and another, or nothing else at all. */
export async function namesOfSplits(directory: string, folders: readonly string[]): Promise<string[]> {
  const named = folders.filter((folder) => partOf(folder) !== undefined);
  if (!named.some((folder) => partOf(folder) === 'train')) return [];
  if (named.length < 2 && folders.length > 1) return [];
  const splits: string[] = [];
  for (const folder of named) if (await holdsFolders(join(directory, folder))) splits.push(folder);
  const hasTraining = splits.some((folder) => partOf(folder) === 'train');
  return hasTraining && (splits.length >= 2 || folders.length === 1) ? splits : [];
}

/** What to do about {@link namesOfSplits}. */
export function splitAdvice(directory: string, splits: readonly string[]): string {
  const train = splits.find((folder) => partOf(folder) === 'train') ?? splits[0]!;
  return `Read each part by itself, beginning with ${join(directory, train)}.`;
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '');

const partOf = (name: string): Part | undefined =>
  (Object.keys(NAMES) as Part[]).find((part) => NAMES[part].includes(plain(name)));

async function firstWithFolders(
  directory: string,
  entries: readonly string[],
  names: readonly string[],
): Promise<string | undefined> {
  for (const name of names) {
    for (const entry of entries.filter((each) => plain(each) === name).sort()) {
      const path = join(directory, entry);
      if (await holdsFolders(path)) return path;
    }
  }
  return undefined;
}

/** True for a folder with folders in it: `train` may be a class of a data set of vehicles. */
async function holdsFolders(path: string): Promise<boolean> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.some((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
}
