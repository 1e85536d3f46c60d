import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { ArgumentError } from '@zoo/core';

/**
 * Makes the folder that results go to, before any work is done for them.
 *
 * One step at a time: Node's own recursive mkdir never returns below folders that take none, /proc for example.
 *
 * @param option What the user calls it: `--output`.
 * @throws ArgumentError if it can't be made, or no file can be made in it.
 */
export async function expectWritableFolder(option: string, folder: string): Promise<void> {
  const problem = await problemOf(folder);
  if (problem !== undefined) throw unwritable(option, 'a folder to write to', folder, problem);
}

/**
 * Makes the folder of a file that results go to, before any work is done for them; the file itself stays as it is.
 *
 * @param option What the user calls it: `--report`.
 * @throws ArgumentError if the file is a folder, or can't be made.
 */
export async function expectWritableFile(option: string, file: string): Promise<void> {
  const problem =
    (await kindOf(file)) === 'folder' ? 'it is a folder' : await problemOf(dirname(resolve(file)));
  if (problem !== undefined) throw unwritable(option, 'a file to write', file, problem);
}

/** Why a folder takes no files; undefined for one that does, which is then made. */
async function problemOf(folder: string): Promise<string | undefined> {
  const missing: string[] = [];
  let place = resolve(folder);
  for (; (await kindOf(place)) === 'nothing'; place = dirname(place)) missing.unshift(place);
  if ((await kindOf(place)) !== 'folder') return `${place} is a file`;
  for (const each of missing) {
    const code = await codeOf(mkdir(each));
    if (code !== undefined && code !== 'EEXIST') return `${each} can't be made (${code})`;
  }
  // Tried by writing, because permissions do not reveal a read-only file system.
  const probe = join(folder, `.zoo-${randomUUID()}.tmp`);
  const code = await codeOf(writeFile(probe, '', { flag: 'wx' }));
  if (code !== undefined) return `no file can be made in ${folder} (${code})`;
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
