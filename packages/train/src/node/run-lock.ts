import { mkdir, open, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { ZooError } from '@zoo/core';
import { removeTemporaryFiles } from '@zoo/weights/node';

import { namingPath } from './file-error';

/** A run's folder, held for one run. */
export interface RunLock {
  /** Lets the next run in. */
  release(): Promise<void>;
}

/** The file that is locked. It holds the number of the process that has the folder, for messages. */
const LOCK_FILE = '.run-lock';
/** A byte far behind the text: Windows lets nobody read what is locked. */
const LOCKED_BYTE = 2 ** 30;

/**
 * Holds `directory` for one run, and removes the temporary files that killed ones left in it.
 *
 * The lock is the operating system's, so that it ends with the process however that ends. Where its library
 * (fs-native-extensions) has no build for the platform, a process warning says that runs can't be told apart.
 *
 * @throws ZooError `invalid-file` if another run has the folder, in this process too, or the folder can't be made.
 */
export async function lockRun(directory: string): Promise<RunLock> {
  await namingPath('make the folder', directory, () => mkdir(directory, { recursive: true }));
  const locks = await loadLocks();
  const release = locks === undefined ? () => Promise.resolve() : await acquire(locks, directory);
  await removeTemporaryFiles(directory);
  return { release };
}

async function acquire(locks: Locks, directory: string): Promise<() => Promise<void>> {
  const path = join(directory, LOCK_FILE);
  for (;;) {
    const handle = await namingPath('open', path, () => open(path, 'a+'));
    if (!locks.tryLock(handle.fd, LOCKED_BYTE, 1)) {
      await handle.close();
      throw await inUse(directory, path);
    }
    if (await isStill(handle, path)) {
      await handle.truncate(0);
      await handle.write(`${process.pid}\n`);
      return () => release(handle, path);
    }
    // The run before took the file away between our opening it and our locking it.
    await handle.close();
  }
}

async function release(handle: FileHandle, path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
  await handle.close();
}

async function isStill(handle: FileHandle, path: string): Promise<boolean> {
  const own = await handle.stat();
  const named = await stat(path).catch(() => undefined);
  return named?.ino === own.ino;
}

async function inUse(directory: string, path: string): Promise<ZooError> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const holder = /^\d+\n/.test(text) ? ` (process ${text.trim()})` : '';
  return new ZooError(
    'invalid-file',
    `Another run${holder} is using ${resolve(directory)}. Wait until it has ended, or give this run another folder.`,
  );
}

interface Locks {
  tryLock(fileDescriptor: number, offset: number, length: number): boolean;
}

let warned = false;

/** Loaded at the first lock: a native part that a platform may lack. */
async function loadLocks(): Promise<Locks | undefined> {
  try {
    // @ts-expect-error -- it has no types
    const loaded = (await import('fs-native-extensions')) as { default: Locks };
    return loaded.default;
  } catch {
    if (!warned) {
      process.emitWarning(
        'fs-native-extensions is not there for this platform: two runs in one folder are not told apart.',
      );
    }
    warned = true;
    return undefined;
  }
}
