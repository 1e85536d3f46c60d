import type { Dirent } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

import {
  ArgumentError,
  NAMES,
  readOptions,
  ZooError,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import { messageOf } from '../image/decode-options';
import { PICTURE_ENDINGS } from '../image/picture-format';
import { byCodePoints } from '../sets/by-code-points';
import type { ImageExample, ImageSet } from '../sets/image-set';

import { namesOfSplits, splitAdvice } from './find-image-splits';

/** Why a file in the folder of a class is not read. */
export type IgnoredReason =
  | 'another kind of file'
  | 'hidden file'
  | 'outside the class folders'
  | 'dangling link'
  | 'link to a folder above it'
  | 'no regular file'
  | 'unreadable name'
  | 'no label in its name';

/** A file that {@link readImageFolder} leaves out. */
export interface IgnoredFile {
  readonly path: string;
  readonly reason: IgnoredReason;
}

/** A class-per-folder data set on disk: file names and classes, nothing decoded. Plain data. */
export interface ImageFolder extends ImageSet {
  readonly directory: string;
  /** Files that are not read, and why; see `describeIgnored`. What systems leave behind (Thumbs.db, .DS_Store) is not counted. */
  readonly ignored: readonly IgnoredFile[];
}

const READ_IMAGE_FOLDER_OPTIONS = {
  /** Reads these classes only, with labels in this order. Default all folders, sorted. */
  classNames: NAMES,
  /** Lets a class stand without a picture. Default false. */
  allowEmptyClasses: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** Options of {@link readImageFolder}. */
export interface ReadImageFolderOptions extends OptionsOf<typeof READ_IMAGE_FOLDER_OPTIONS> {}

const ENDINGS: ReadonlySet<string> = new Set(PICTURE_ENDINGS);

/**
 * Lists the examples of a folder with one folder per class.
 *
 * Classes are sorted by name (by code points, as Python's `sorted`), and so are their files; folders within a class count to it, links are
 * followed. Pictures are recognised by their extensions, those of Keras' and torchvision's folder readers and `.avif`; all other files are
 * listed in `ignored`.
 *
 * @example
 * const folder = await readImageFolder('idenprof/train');   // classNames: chef, doctor, engineer, ...
 *
 * @throws ZooError `invalid-file` if there is no such folder, no class in it, a class without a picture, or the parts of a
 *   split (train, validation, test) where classes belong.
 */
export async function readImageFolder(
  directory: string,
  options: ReadImageFolderOptions = {},
): Promise<ImageFolder> {
  const { classNames: asked, allowEmptyClasses } = readOptions(READ_IMAGE_FOLDER_OPTIONS, options);
  if (typeof directory !== 'string' || directory === '') {
    throw new ArgumentError('directory', 'the path of a folder', directory);
  }
  const { folders, ignored } = await classFolders(directory);
  await refuseSplits(directory, folders);
  const classNames = asked ?? folders;
  const absent = classNames.find((name) => !folders.includes(name));
  if (absent !== undefined) {
    throw folderError(directory, `a folder for the class '${absent}'`, `only ${inWords(folders)}`);
  }
  const root = await realpath(directory);
  const examples: ImageExample[] = [];
  for (const [label, name] of classNames.entries()) {
    const before = examples.length;
    for await (const { path, reason } of filesBelow(join(directory, name), [root])) {
      if (reason === undefined) examples.push({ path, label });
      else ignored.push({ path, reason });
    }
    if (examples.length === before && !allowEmptyClasses) {
      const inClass = ignored.filter(({ path }) => path.startsWith(join(directory, name)));
      const found = inClass.length === 0 ? 'none' : `only ${countReasons(inClass)}`;
      throw folderError(directory, 'a picture in each class', `${found} in '${name}'`);
    }
  }
  return { directory, classNames: [...classNames], examples, ignored };
}

/**
 * One line that counts and names the files of a folder that are no pictures; undefined if there are none.
 *
 * @example
 * const note = describeIgnored(folder); // '3 files in pets are not read: 2 .txt, 1 dangling link; the first is pets/cat/notes.txt'
 */
export function describeIgnored({
  directory,
  ignored,
}: Pick<ImageFolder, 'directory' | 'ignored'>): string | undefined {
  const first = ignored[0];
  if (first === undefined) return undefined;
  const [files, are] = ignored.length === 1 ? ['file', 'is'] : ['files', 'are'];
  return `${ignored.length} ${files} in ${directory} ${are} not read: ${countReasons(ignored)}; the first is ${first.path}`;
}

function countReasons(ignored: readonly IgnoredFile[]): string {
  const counts = new Map<string, number>();
  for (const { path, reason } of ignored) {
    const ending = extname(path).toLowerCase();
    const name = reason === 'another kind of file' && ending !== '' ? ending : reason;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${count} ${name}`);
  const more = parts.length - NAMES_IN_MESSAGE;
  return more > 0 ? `${parts.slice(0, NAMES_IN_MESSAGE).join(', ')} and more` : parts.join(', ');
}

const NAMES_IN_MESSAGE = 12;

function inWords(names: readonly string[]): string {
  const more = names.length - NAMES_IN_MESSAGE;
  return names.slice(0, NAMES_IN_MESSAGE).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function folderError(directory: string, expected: string, found: string, cause?: unknown): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected ${expected} in ${directory} but found ${found}. Lay it out as one folder per class, with its pictures inside.`,
    { cause },
  );
}

/** `train` and `test` are no classes, unless nothing but pictures lies in them: a train is a vehicle too. */
async function refuseSplits(directory: string, folders: readonly string[]): Promise<void> {
  const splits = await namesOfSplits(directory, folders);
  if (splits.length === 0) return;
  throw new ZooError(
    'invalid-file',
    `Expected one folder per class in ${directory} but found the parts of a split, each with folders of its own: ${inWords(splits)}. ${splitAdvice(directory, splits)}`,
  );
}

/** Left behind by operating systems and archives: nobody looks for these. */
const isSystemFile = (name: string): boolean =>
  name.startsWith('._') ||
  ['.ds_store', 'thumbs.db', 'desktop.ini', '__macosx', '.localized'].includes(name.toLowerCase());

const isHidden = (name: string): boolean => name.startsWith('.');

async function entriesOf(directory: string): Promise<Dirent[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code;
    const problem =
      code === 'ENOENT'
        ? 'there is no such folder'
        : code === 'ENOTDIR'
          ? 'it is a file'
          : `it can't be read (${messageOf(error)})`;
    throw new ZooError(
      'invalid-file',
      `Expected ${directory} to be a folder of pictures but ${problem}. Check the path.`,
      { cause: error },
    );
  });
  return entries.filter(({ name }) => !isSystemFile(name)).sort((a, b) => byCodePoints(a.name, b.name));
}

async function classFolders(directory: string): Promise<{ folders: string[]; ignored: IgnoredFile[] }> {
  const folders: string[] = [];
  const ignored: IgnoredFile[] = [];
  for (const entry of await entriesOf(directory)) {
    const path = join(directory, entry.name);
    const kind = await kindOf(path, entry);
    if (kind === 'folder' && !isHidden(entry.name)) folders.push(entry.name);
    // Class lists and licences beside the folders are expected; pictures there are probably a mistake.
    else if (kind === 'file' && isPicture(entry.name)) {
      ignored.push({ path, reason: isHidden(entry.name) ? 'hidden file' : 'outside the class folders' });
    }
  }
  if (folders.length === 0) throw folderError(directory, 'at least one class', 'no folder');
  return { folders, ignored };
}

const isPicture = (path: string): boolean => ENDINGS.has(extname(path).toLowerCase());

/** A file below a folder: a picture, or the reason why it is passed over. */
export interface FoundFile {
  readonly path: string;
  readonly reason: IgnoredReason | undefined;
}

/** Files at any depth, sorted within each folder; `above` holds the real paths of the folders that lead here. */
export async function* filesBelow(folder: string, above: readonly string[]): AsyncGenerator<FoundFile> {
  const real = await realpath(folder);
  // A link to a folder above would make an endless walk.
  if (above.includes(real)) {
    yield { path: folder, reason: 'link to a folder above it' };
    return;
  }
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    const kind = await kindOf(path, entry);
    if (isHidden(entry.name)) yield { path, reason: 'hidden file' };
    else if (kind === 'folder') yield* filesBelow(path, [...above, real]);
    else if (kind !== 'file') yield { path, reason: kind };
    else yield { path, reason: isPicture(path) ? undefined : 'another kind of file' };
  }
}

type Kind =
  'file' | 'folder' | Extract<IgnoredReason, 'dangling link' | 'no regular file' | 'unreadable name'>;

async function kindOf(path: string, entry: Dirent): Promise<Kind> {
  if (entry.isDirectory()) return 'folder';
  if (entry.isFile()) {
    // A name that is not UTF-8 arrives with replacement characters and can't be opened.
    if (!entry.name.includes('\ufffd')) return 'file';
    return (await lstat(path).catch(() => undefined)) === undefined ? 'unreadable name' : 'file';
  }
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) return entry.isSymbolicLink() ? 'dangling link' : 'unreadable name';
  return stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'no regular file';
}
