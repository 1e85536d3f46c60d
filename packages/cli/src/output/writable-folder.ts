import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { ArgumentError } from '@zoo/core';

/**
 * Makes the folder that results go to, before any work is done for them.
 *
 * One step at a time: Node's own recursive mkdir never returns below folders that take none, /proc for example.
 *
 * @param option What the user calls it: `--output`.
 * @throws ArgumentError if it can't be made or written to.
 */
export async function expectWritableFolder(option: string, folder: string): Promise<void> {
  const missing: string[] = [];
  let place = resolve(folder);
  for (; (await kindOf(place)) === 'nothing'; place = dirname(place)) missing.unshift(place);
  if ((await kindOf(place)) !== 'folder') throw unwritable(option, folder, `${place} is a file`);
  for (const each of missing) {
    await mkdir(each).catch((cause: unknown) => {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'EEXIST')
        throw unwritable(option, folder, `${each} can't be made (${code ?? String(cause)})`);
    });
  }
  await access(folder, constants.W_OK).catch(() => {
    throw unwritable(option, folder, 'it is not writable for this user');
  });
}

async function kindOf(path: string): Promise<'folder' | 'file' | 'nothing'> {
  const status = await stat(path).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : null;
  });
  if (status === undefined) return 'nothing';
  return status?.isDirectory() === true ? 'folder' : 'file';
}

function unwritable(option: string, folder: string, problem: string): ArgumentError {
  return new ArgumentError(option, 'a folder to write to', folder, `It can't be used: ${problem}.`);
}
