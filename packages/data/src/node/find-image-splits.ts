import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The folders of a data set that is split on disk, by their paths. */
export interface ImageSplits {
  readonly train: string;
  readonly validation?: string;
  readonly test?: string;
}

type Part = keyof ImageSplits;

/** Names of the parts, the most likely first; written in any case, and with other words: `val-data`, `seg_train`. */
const NAMES: Readonly<Record<Part, readonly string[]>> = {
  train: ['train', 'training'],
  validation: ['validation', 'val', 'valid', 'dev'],
  test: ['test', 'testing', 'eval', 'evaluation', 'holdout'],
};

/** What stands behind a part's name, with or without anything between: `trainset`, `val-data`. */
const ENDINGS = ['set', 'data', 'dataset', 'images', 'imgs', 'split'];

/**
 * Finds the parts of a data set that is split on disk: folders called `train`, `Training`, `val`, `Validation`, `test_set`, `seg_train` and
 * so on, in upper or lower case, that contain folders; undefined if there is none to train on.
 *
 * @example
 * const splits = await findImageSplits('brain-tumours');   // { train: 'brain-tumours/Training', test: 'brain-tumours/Testing' }
 */
export async function findImageSplits(directory: string): Promise<ImageSplits | undefined> {
  const entries = await readdir(directory).catch(() => []);
  const found: Partial<Record<Part, string>> = {};
  for (const part of Object.keys(NAMES) as Part[]) {
    const path = await firstWithFolders(directory, entries, part);
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

/** Which part a folder's name means, and how likely: the place of the name among the part's, behind all of these with other words. */
function meaningOf(folder: string): { part: Part; rank: number } | undefined {
  const words = folder
    .replace(/([a-z])(?=[A-Z])/g, '$1 ')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
  const meanings = (Object.keys(NAMES) as Part[]).flatMap((part) =>
    NAMES[part].flatMap((name, place) => {
      const at = words.findIndex(
        (word) => word === name || ENDINGS.some((ending) => word === `${name}${ending}`),
      );
      // `seg_train` and `train images` are parts, a `train station` is none.
      const isPart = at >= 0 && words.slice(at + 1).every((word) => ENDINGS.includes(word));
      return !isPart ? [] : [{ part, rank: place + 10 * (words.length - 1) }];
    }),
  );
  const [only, ...others] = meanings;
  return others.length === 0 ? only : undefined;
}

const partOf = (name: string): Part | undefined => meaningOf(name)?.part;

async function firstWithFolders(
  directory: string,
  entries: readonly string[],
  part: Part,
): Promise<string | undefined> {
  const meant = entries
    .map((entry) => ({ entry, ...meaningOf(entry) }))
    .filter((each) => each.part === part)
    .sort((left, right) => left.rank! - right.rank! || (left.entry < right.entry ? -1 : 1));
  for (const { entry } of meant) {
    const path = join(directory, entry);
    if (await holdsFolders(path)) return path;
  }
  return undefined;
}

/** True for a folder with folders in it: `train` may be a class of a data set of vehicles. */
async function holdsFolders(path: string): Promise<boolean> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.some((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
}
