import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { ZooError } from '@zoo/core';

// A named pipe without a writer would hold up an open that may wait; Windows has no such flag.
const READ_WITHOUT_WAITING = constants.O_RDONLY | ((constants as { O_NONBLOCK?: number }).O_NONBLOCK ?? 0);
/** Settings, class names and tokens: the largest of them are some kilobytes. */
const LARGEST_BYTES = 16 * 1024 * 1024;

/**
 * The text of a small file. Named pipes, devices and folders are refused and not waited for.
 *
 * @throws ZooError `invalid-file` that names the path; the file system's error, unchanged, where the file can't be opened.
 */
export async function readTextFile(path: string): Promise<string> {
  const handle = await open(path, READ_WITHOUT_WAITING);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) {
      throw new ZooError(
        'invalid-file',
        `Expected a file at ${path} but it is a folder, pipe or device. Check the path.`,
      );
    }
    if (stats.size > LARGEST_BYTES) {
      throw new ZooError(
        'invalid-file',
        `Expected at most ${LARGEST_BYTES} bytes in ${path} but it has ${stats.size}. Check the path.`,
      );
    }
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
