import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import {
  expectFunction,
  readOptions,
  SIGNAL,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

/** What a file can be written from: text, bytes, or pieces of bytes that are made as they are needed. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** What every saver takes. */
export const SAVE_OPTIONS = {
  /** Aborted, nothing is left behind and what was there stays. */
  signal: SIGNAL,
} as const satisfies OptionTable;

const WRITE_FILE_OPTIONS = {
  /** Aborted, the write stops, throws the signal's reason and leaves what was there before. */
  signal: SIGNAL,
  /** Called when the new file is whole on the disk, before it takes the place of the one that was there. */
  beforeReplace: { type: 'any', expected: 'a function', check: expectFunction } as AnyRow<
    () => Promise<void>
  >,
} as const satisfies OptionTable;

/** How to write: see {@link writeFileAtomically}. */
export interface WriteFileOptions extends OptionsOf<typeof WRITE_FILE_OPTIONS> {}

/**
 * Writes `content` to `path` completely or not at all: an existing file stays until the new one is complete on the disk.
 *
 * The content goes to a hidden file beside `path`, is flushed (fsync) and renamed; a missing folder is made. A process that is killed
 * meanwhile leaves the old file and perhaps a `.tmp` file, which {@link removeTemporaryFiles} removes.
 *
 * @throws The file system's error, unchanged, after removing the temporary file.
 */
export async function writeFileAtomically(
  path: string,
  content: FileContent,
  options: WriteFileOptions = {},
): Promise<void> {
  const { signal, beforeReplace } = readOptions(WRITE_FILE_OPTIONS, options);
  signal?.throwIfAborted();
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await writeAndFlush(temporary, content, signal);
    await beforeReplace?.();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await flushFolder(folder);
}

const TEMPORARY_NAME = /^\..+\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/**
 * Removes the temporary files that killed processes left in `folder`; an absent folder has none.
 *
 * Call it only while no other process writes there, for example while a lock on the folder is held.
 */
export async function removeTemporaryFiles(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => TEMPORARY_NAME.test(name));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
}

async function writeAndFlush(path: string, content: FileContent, signal?: AbortSignal): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    if (typeof content === 'string' || content instanceof Uint8Array) {
      await handle.writeFile(content);
    } else {
      for await (const piece of content) {
        signal?.throwIfAborted();
        await handle.writeFile(piece);
      }
    }
    signal?.throwIfAborted();
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Flushes the rename itself; Windows has no such call and needs none. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // Some file systems refuse to flush a folder; the rename is as safe as they make it.
  } finally {
    await handle?.close();
  }
}
