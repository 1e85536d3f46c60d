import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { namingPath } from './file-error';
import { readRegularText } from './regular-file';

/** A file that this process holds locked. */
export interface FileLock {
  /** False if there are no locks, so that other processes are not kept out. */
  readonly isExclusive: boolean;
  /** Lets the next one in, and removes the file. */
  release(): Promise<void>;
}

/** A byte far behind the text: Windows lets nobody read what is locked. */
const LOCKED_BYTE = 2 ** 30;
/** File systems that have no locks, some network drives among them. */
const NO_LOCKS: readonly unknown[] = ['EINVAL', 'ENOLCK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'];

/**
 * Creates and locks the file at `path`, or returns undefined if it is locked already, also by this process. The file contains the number of
 * the process, for messages: {@link lockHolder}.
 *
 * The lock belongs to the operating system and ends with the process. If its library (fs-native-extensions) has no build for the platform,
 * or the file system has no locks, a process warning says so.
 *
 * @throws ZooError `invalid-file` if the file can't be made.
 */
export async function tryLockFile(path: string): Promise<FileLock | undefined> {
  const locks = await loadLocks();
  if (locks === undefined)
    return unlocked(
      'The native part of fs-native-extensions is unavailable (a platform without a build of it, or a bundle that took it along: keep it external)',
    );
  for (;;) {
    const handle = await namingPath('open', path, () => open(path, 'a+'));
    try {
      if (!locks.tryLock(handle.fd, LOCKED_BYTE, 1)) {
        await handle.close();
        return undefined;
      }
    } catch (error) {
      await handle.close();
      if (NO_LOCKS.includes((error as NodeJS.ErrnoException).code))
        return unlocked(`${path} can't be locked`);
      throw error;
    }
    if (await isStill(handle, path)) {
      await handle.truncate(0);
      await handle.write(`${process.pid}\n`);
      return { isExclusive: true, release: () => release(handle, path) };
    }
    // The previous holder removed the file after we opened it and before we locked it.
    await handle.close();
  }
}

const POLL_MS = 50;

/**
 * Locks the file at `path` as {@link tryLockFile} does, after waiting until its present holder releases it or ends.
 *
 * @throws ZooError `invalid-file` if the file can't be made; the signal's reason where it is aborted.
 */
export async function waitForLockFile(path: string, signal?: AbortSignal): Promise<FileLock> {
  for (;;) {
    signal?.throwIfAborted();
    const lock = await tryLockFile(path);
    if (lock !== undefined) return lock;
    // Aborted, it ends at once; the reason is thrown above.
    await delay(POLL_MS, undefined, signal && { signal }).catch(() => undefined);
  }
}

/** The number of the process that holds the file at `path`, if the file states it. */
export async function lockHolder(path: string): Promise<number | undefined> {
  const text = await readRegularText(path).catch(() => '');
  return /^\d+\n/.test(text) ? Number(text.trim()) : undefined;
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

let warned = false;

function unlocked(reason: string): FileLock {
  if (!warned) process.emitWarning(`${reason}: two processes that want the same files are not told apart.`);
  warned = true;
  return { isExclusive: false, release: () => Promise.resolve() };
}

interface Locks {
  tryLock(fileDescriptor: number, offset: number, length: number): boolean;
}

/** Loaded at the first lock: a native part that a platform may lack. */
async function loadLocks(): Promise<Locks | undefined> {
  try {
    // @ts-expect-error -- it has no types
    const loaded = (await import('fs-native-extensions')) as { default: Locks };
    return loaded.default;
  } catch {
    return undefined;
  }
}
