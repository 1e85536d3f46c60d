import { closeSync, constants, fstatSync, open, read } from 'node:fs';
import { promisify } from 'node:util';

import { isZooError, type ZooError } from '@zoo/core';

import { messageOf } from '../image/decode-options';
import { pictureError } from '../image/picture-format';

// A named pipe without a writer would hold up an open that may wait; Windows has no such flag.
const READ_WITHOUT_WAITING = constants.O_RDONLY | ((constants as { O_NONBLOCK?: number }).O_NONBLOCK ?? 0);

/** Files with more bytes are not read: 16 bits of four values for 100 million pixels, and some. */
const FILE_BYTES_LIMIT = 2 ** 30;

// What may wait for a disk goes through the thread pool. An open file's size and its closing do not: four turns through the pool take
// six times as long as the same calls at once.
const files = { open: promisify(open), read: promisify(read) };

/** The error about a file that has `problem`. */
type Refusal = (path: string, problem: string, cause?: unknown) => ZooError;

/**
 * The bytes of a regular file.
 *
 * @param refusal The error for a file that can't be read. Default: that it is no whole picture.
 * @throws ZooError `invalid-file` that names the path: for what can't be opened, for named pipes, devices and folders, none of
 *   which is waited for, and for more than 1 GiB.
 */
export function readRegularFile(path: string, refusal: Refusal = pictureError): Promise<Uint8Array> {
  return withFile(path, (handle, size) => readPart(handle, 0, size), refusal);
}

/** The first and the last `length` bytes of a file; all of it as `head` where it has no more than twice as many. */
export function readEnds(
  path: string,
  length: number,
): Promise<{ head: Uint8Array; tail: Uint8Array | undefined }> {
  return withFile(path, async (handle, size) => {
    if (size <= 2 * length) return { head: await readPart(handle, 0, size), tail: undefined };
    const head = await readPart(handle, 0, length);
    return { head, tail: await readPart(handle, size - length, length) };
  });
}

async function withFile<Value>(
  path: string,
  use: (handle: number, sizeBytes: number) => Promise<Value>,
  refusal: Refusal = pictureError,
): Promise<Value> {
  const refuse = (problem: string, cause?: unknown) => refusal(path, problem, cause);
  const unreadable = (error: unknown) => {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return refuse(isAbsent ? 'there is no such file' : `it can't be read (${messageOf(error)})`, error);
  };
  const handle = await files.open(path, READ_WITHOUT_WAITING).catch((error: unknown) => {
    throw unreadable(error);
  });
  try {
    const stats = fstatSync(handle);
    if (!stats.isFile()) throw refuse('it is no regular file');
    if (stats.size > FILE_BYTES_LIMIT) {
      throw refuse(`it has ${stats.size} bytes, and the limit is ${FILE_BYTES_LIMIT}`);
    }
    return await use(handle, stats.size);
  } catch (error) {
    throw isZooError(error) ? error : unreadable(error);
  } finally {
    closeSync(handle);
  }
}

/** `length` bytes from `start` on, or fewer where the file has shrunk. */
async function readPart(handle: number, start: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await files.read(handle, bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
