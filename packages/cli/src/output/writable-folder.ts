import { randomUUID } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { ArgumentError } from '@zoo/core';

/**
 * Checks that results can go to a folder, before any work is done for them. An absent folder stays absent: a command that fails later
 * leaves nothing, and what is written makes its folder itself.
 *
 * @param option What the user calls it: `--output`.
 * @throws ArgumentError if it can't be made, or no file can be made in it.
 */
export async function expectWritableFolder(option: string, folder: string): Promise<void> {
  const problem = await problemOf(folder);
  if (problem !== undefined) throw unwritable(option, 'a folder to write to', folder, problem);
}

/**
 * Checks that results can go to a file, before any work is done for them; file and folder stay as they are.
 *
 * @param option What the user calls it: `--report`.
 * @throws ArgumentError if the file is a folder, or can't be made.
 */
export async function expectWritableFile(option: string, file: string): Promise<void> {
  const problem = await fileProblemOf(file);
  if (problem !== undefined) throw unwritable(option, 'a file to write', file, problem);
}

async function fileProblemOf(file: string): Promise<string | undefined> {
  if (file === '') return 'it has no name';
  return (await kindOf(file)) === 'folder' ? 'it is a folder' : problemOf(dirname(resolve(file)));
}

/** What of a path to a folder is still to be made, outermost first. */
export async function absentFolders(folder: string): Promise<string[]> {
  const absent: string[] = [];
  for (let place = resolve(folder); (await kindOf(place)) === 'nothing'; place = dirname(place))
    absent.unshift(place);
  return absent;
}

/** Why a folder takes no files; undefined for one that does, or that can be made. */
async function problemOf(folder: string): Promise<string | undefined> {
  if (folder === '') return 'it has no name';
  const [outermost] = await absentFolders(folder);
  const place = outermost === undefined ? resolve(folder) : dirname(outermost);
  if ((await kindOf(place)) !== 'folder') return `${place} is a file`;
  // Tried by writing, because permissions do not reveal a read-only file system.
  const probe = join(place, `.zoo-${randomUUID()}.tmp`);
  const code = await codeOf(writeFile(probe, '', { flag: 'wx' }));
  if (code !== undefined) return `no file can be made in ${place} (${code})`;
  await rm(probe, { force: true });
  return undefined;
}

/** What the system refuses something with; undefined where it is done. */
async function codeOf(done: Promise<unknown>): Promise<string | undefined> {
  return done.then(
    () => undefined,
    (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error),
  );
}

async function kindOf(path: string): Promise<'folder' | 'file' | 'nothing'> {
  const status = await stat(path).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : null;
  });
  if (status === undefined) return 'nothing';
  return status?.isDirectory() === true ? 'folder' : 'file';
}

function unwritable(option: string, expected: string, path: string, problem: string): ArgumentError {
  return new ArgumentError(option, expected, path, `It can't be used: ${problem}.`);
}
