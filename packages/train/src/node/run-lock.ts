import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { ZooError } from '@zoo/core';
import { lockHolder, namingPath, removeTemporaryFiles, tryLockFile } from '@zoo/weights/node';

/** A run's folder, held for one run. */
export interface RunLock {
  /** Lets the next run in. */
  release(): Promise<void>;
}

/** The file that is locked. */
const LOCK_FILE = '.run-lock';

/**
 * Locks `directory` for one run, and removes the temporary files that killed runs left in it.
 *
 * The lock belongs to the operating system and ends with the process. If its library (fs-native-extensions) has no build for the platform,
 * a process warning says that nothing is locked.
 *
 * @throws ZooError `invalid-file` if another run has locked the folder, also in this process, or the folder can't be made.
 */
export async function lockRun(directory: string): Promise<RunLock> {
  await namingPath('make the folder', directory, () => mkdir(directory, { recursive: true }));
  const path = join(directory, LOCK_FILE);
  const lock = await tryLockFile(path);
  if (lock === undefined) throw await inUse(directory, path);
  await removeTemporaryFiles(directory);
  return lock;
}

async function inUse(directory: string, path: string): Promise<ZooError> {
  const holder = await lockHolder(path);
  const process = holder === undefined ? '' : ` (process ${holder})`;
  return new ZooError(
    'invalid-file',
    `Another run${process} is using ${resolve(directory)}. Wait until it has ended, or give this run another folder.`,
  );
}
