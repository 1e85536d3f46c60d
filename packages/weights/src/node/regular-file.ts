import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import { ZooError } from '@zoo/core';

import { namingPath } from './file-error';

// A named pipe without a writer would hold up an open that may wait; Windows has no such flag.
const READ_WITHOUT_WAITING = constants.O_RDONLY | ((constants as { O_NONBLOCK?: number }).O_NONBLOCK ?? 0);

/**
 * Opens a file for reading; the caller closes it. Named pipes, devices and folders are refused without waiting.
 *
 * @throws ZooError 'invalid-file' that names the path.
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const handle = await open(path, READ_WITHOUT_WAITING).catch((cause: unknown) => {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new ZooError(
      'invalid-file',
      `Expected a readable file at ${path} but it can't be opened (${reason}). Check the path.`,
      { cause },
    );
  });
  try {
    await expectFile(handle, path);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Reads a regular file. Named pipes, devices and folders are refused without waiting.
 *
 * @throws ZooError 'invalid-file' that names the path and the reason.
 */
export async function readRegularFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await namingPath('read', path, () => open(path, READ_WITHOUT_WAITING));
  try {
    await expectFile(handle, path);
    return new Uint8Array(await namingPath('read', path, () => handle.readFile()));
  } finally {
    await handle.close();
  }
}

/** The text of a regular file: see {@link readRegularFile}. */
export async function readRegularText(path: string): Promise<string> {
  return new TextDecoder().decode(await readRegularFile(path));
}

async function expectFile(handle: FileHandle, path: string): Promise<void> {
  if ((await handle.stat()).isFile()) return;
  throw new ZooError(
    'invalid-file',
    `Expected a file at ${path} but it is a folder, pipe or device. Check the path.`,
  );
}
