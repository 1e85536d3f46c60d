import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

import { ZooError } from '@zoo/core/options';

import { byCodePoints } from '../sets/by-code-points';
import type { ImageExample, ImageSet } from '../sets/image-set';

/** Which files of a directory Keras reads. */
export interface KerasFileOptions {
  /** Lower case, with a dot. */
  readonly endings: ReadonlySet<string>;
  /** The folders to read, in label order; undefined for all, sorted. */
  readonly classNames: readonly string[] | undefined;
  readonly followLinks: boolean;
}

/**
 * The files of a directory with one folder per class, in Keras' order: class by class, folder by folder, by name.
 *
 * @throws ZooError `invalid-file` for a folder that can't be read or holds no picture.
 */
export async function findKerasFiles(directory: string, options: KerasFileOptions): Promise<ImageSet> {
  const classNames = await classFolders(directory, options.classNames);
  const examples: ImageExample[] = [];
  for (const [label, name] of classNames.entries())
    for (const path of await picturesBelow(join(directory, name), options)) examples.push({ path, label });
  if (examples.length === 0) throw directoryError(directory, 'pictures in its folders', classNames);
  return { classNames, examples };
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
export async function picturesBelow(
  directory: string,
  { endings, followLinks }: Pick<KerasFileOptions, 'endings' | 'followLinks'>,
): Promise<string[]> {
  const found: { folder: string; files: string[] }[] = [];
  const walk = async (folder: string, above: readonly string[]): Promise<void> => {
    const real = await realpath(folder);
    // A link to a folder above would lead round and round.
    if (above.includes(real)) return;
    const files: string[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const target = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
      if (target?.isDirectory() === true && (followLinks || !entry.isSymbolicLink()))
        await walk(path, [...above, real]);
      else if (target?.isFile() === true && endings.has(extname(entry.name).toLowerCase())) files.push(path);
    }
    found.push({ folder, files: files.sort(byCodePoints) });
  };
  await walk(directory, []);
  return found.sort((left, right) => byCodePoints(left.folder, right.folder)).flatMap(({ files }) => files);
}

/** An error about a directory that Keras would not read either. */
export function directoryError(
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
