import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

import { ArgumentError, expectKnownOptions, ZooError } from '@zoo/core';

import type { ImageExample, ImageSet } from '../sets/image-set';

/** A class-per-folder data set on disk: file names and classes, nothing decoded. Plain data. */
export interface ImageFolder extends ImageSet {
  readonly directory: string;
  /** Files in the classes' folders that are not JPEG or PNG by their names, hidden ones left out. */
  readonly ignored: readonly string[];
}

/** Options of {@link readImageFolder}. */
export interface ReadImageFolderOptions {
  /** Reads these classes only, with labels in this order. Default all folders, sorted. */
  classNames?: readonly string[];
  /** Lets a class stand without a picture. Default false. */
  allowEmptyClasses?: boolean;
}

const PICTURE = new Set(['.jpg', '.jpeg', '.jpe', '.jfif', '.png']);

/**
 * The examples of a folder that holds one folder a class.
 *
 * Classes are sorted by name (by code units, as Python's `sorted`), and so are their files; folders within a class count to
 * it. Hidden files and folders and files of other kinds, such as Thumbs.db, are passed over.
 *
 * @example
 * const folder = await readImageFolder('idenprof/train');   // classNames: chef, doctor, engineer, ...
 *
 * @throws ZooError `invalid-file` if there is no such folder, no class in it or a class without a picture.
 */
export async function readImageFolder(
  directory: string,
  options: ReadImageFolderOptions = {},
): Promise<ImageFolder> {
  expectKnownOptions('options', options, ['classNames', 'allowEmptyClasses']);
  if (typeof directory !== 'string' || directory === '') {
    throw new ArgumentError('directory', 'the path of a folder', directory);
  }
  const found = await classFolders(directory);
  const classNames = options.classNames ?? found;
  const absent = classNames.find((name) => !found.includes(name));
  if (absent !== undefined) {
    throw folderError(directory, `a folder for the class '${absent}'`, `only ${found.join(', ')}`);
  }
  const examples: ImageExample[] = [];
  const ignored: string[] = [];
  for (const [label, name] of classNames.entries()) {
    const files = await filesBelow(join(directory, name), []);
    const pictures = files.filter(isPicture);
    ignored.push(...files.filter((file) => !isPicture(file)));
    if (pictures.length === 0 && options.allowEmptyClasses !== true) {
      throw folderError(directory, `a JPEG or PNG picture in each class`, `none in '${name}'`);
    }
    examples.push(...pictures.map((path) => ({ path, label })));
  }
  return { directory, classNames: [...classNames], examples, ignored };
}

function folderError(directory: string, expected: string, found: string, cause?: unknown): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected ${expected} in ${directory} but found ${found}. Lay it out as one folder a class, with its pictures inside.`,
    { cause },
  );
}

const isPicture = (path: string): boolean => PICTURE.has(extname(path).toLowerCase());
const isHidden = (name: string): boolean => name.startsWith('.');

async function classFolders(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code;
    const problem =
      code === 'ENOENT' ? 'there is no such folder' : code === 'ENOTDIR' ? 'it is a file' : String(code);
    throw new ZooError(
      'invalid-file',
      `Expected ${directory} to be a folder of pictures but ${problem}. Check the path.`,
      { cause: error },
    );
  });
  const visible = names.filter((name) => !isHidden(name)).sort();
  const folders = await Promise.all(
    visible.map(async (name) => (await kindOf(join(directory, name))) === 'folder'),
  );
  const classNames = visible.filter((_, index) => folders[index]);
  if (classNames.length === 0) throw folderError(directory, 'at least one class', 'no folder');
  return classNames;
}

/** Visible files at any depth, sorted within each folder; `above` holds the real paths of the folders that lead here. */
async function filesBelow(folder: string, above: readonly string[]): Promise<string[]> {
  const real = await realpath(folder);
  // A link that leads back up would never end.
  if (above.includes(real)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const visible = entries.filter(({ name }) => !isHidden(name));
  visible.sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: string[] = [];
  for (const entry of visible) {
    const path = join(folder, entry.name);
    const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : await kindOf(path);
    if (kind === 'folder') files.push(...(await filesBelow(path, [...above, real])));
    else if (kind === 'file') files.push(path);
  }
  return files;
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'other'> {
  // A link that leads nowhere is none of ours.
  const stats = await stat(path).catch(() => undefined);
  return stats?.isDirectory() === true ? 'folder' : stats?.isFile() === true ? 'file' : 'other';
}
