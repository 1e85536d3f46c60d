import { closeSync, constants, fstatSync, open, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';

import { isZooError, memoize, type ZooError } from '@zoo/core';

import { messageOf } from '../image/decode-options';
import { pictureError } from '../image/picture-format';

// A named pipe without a writer would hold up an open that may wait; Windows has no such flag.
const READ_WITHOUT_WAITING = constants.O_RDONLY | ((constants as { O_NONBLOCK?: number }).O_NONBLOCK ?? 0);

/** Files with more bytes are not read: 16 bits of four values for 100 million pixels, and some. */
const FILE_BYTES_LIMIT = 2 ** 30;

// An open file's size and its closing do not wait for a disk: they are never worth a turn through the thread pool.
const POOLED = { open: promisify(open), read: promisify(read) };

/** Room for bytes, which may hold anything. */
type TakeBytes = (length: number) => Uint8Array;

const freshBytes: TakeBytes = (length) => new Uint8Array(length);

/** The error about a file that has `problem`. */
type Refusal = (path: string, problem: string, cause?: unknown) => ZooError;

/**
 * The bytes of a regular file.
 *
 * @param refusal The error for a file that can't be read. Default: that it is no whole picture.
 * @param take Room for as many bytes. Default: fresh.
 * @throws ZooError `invalid-file` that names the path: for what can't be opened, for named pipes, devices and folders, none of
 *   which is waited for, and for more than 1 GiB.
 */
export function readRegularFile(
  path: string,
  refusal: Refusal = pictureError,
  take: TakeBytes = freshBytes,
): Promise<Uint8Array> {
  return withFile(path, (file, size) => readPart(file, 0, take(size)), refusal);
}

/** The first and the last `length` bytes of a file; all of it as `head` where it has no more than twice as many. */
export function readEnds(
  path: string,
  length: number,
): Promise<{ head: Uint8Array; tail: Uint8Array | undefined }> {
  return withFile(path, async (file, size) => {
    if (size <= 2 * length) return { head: await readPart(file, 0, freshBytes(size)), tail: undefined };
    const head = await readPart(file, 0, freshBytes(length));
    return { head, tail: await readPart(file, size - length, freshBytes(length)) };
  });
}

async function withFile<Value>(
  path: string,
  use: (file: OpenFile, sizeBytes: number) => Promise<Value>,
  refusal: Refusal = pictureError,
): Promise<Value> {
  const refuse = (problem: string, cause?: unknown) => refusal(path, problem, cause);
  const unreadable = (error: unknown) => {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return refuse(isAbsent ? 'there is no such file' : `it can't be read (${messageOf(error)})`, error);
  };
  const isQuick = readingPace().isQuick();
  let handle: number;
  try {
    handle = isQuick
      ? timed(() => openSync(path, READ_WITHOUT_WAITING))
      : await POOLED.open(path, READ_WITHOUT_WAITING);
  } catch (error) {
    throw unreadable(error);
  }
  try {
    const stats = fstatSync(handle);
    if (!stats.isFile()) throw refuse('it is no regular file');
    if (stats.size > FILE_BYTES_LIMIT) {
      throw refuse(`it has ${stats.size} bytes, and the limit is ${FILE_BYTES_LIMIT}`);
    }
    return await use({ handle, isQuick }, stats.size);
  } catch (error) {
    throw isZooError(error) ? error : unreadable(error);
  } finally {
    closeSync(handle);
  }
}

/** An open file, and whether it is read at once. */
interface OpenFile {
  readonly handle: number;
  readonly isQuick: boolean;
}

/** Fills `bytes` from `start` on; only their first where the file has shrunk. */
async function readPart(
  { handle, isQuick }: OpenFile,
  start: number,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const { length } = bytes;
  for (let filled = 0; filled < length;) {
    const rest = [bytes, filled, length - filled, start + filled] as const;
    const count = isQuick
      ? timed(() => readSync(handle, ...rest))
      : (await POOLED.read(handle, ...rest)).bytesRead;
    if (count === 0) return bytes.subarray(0, filled);
    filled += count;
  }
  return bytes;
}

/** What a call takes at most that did not wait for a disk. */
const QUICK_MS = 0.1;
/** How many quick calls make up for one that was not. */
const SLOW_WEIGHT = 8;
const FEWEST_POOLED = 64;
const MOST_POOLED = 4096;

/** Whether files are read at once or by the thread pool. */
export interface ReadingPace {
  /** Asked before each file. */
  isQuick(): boolean;
  /** Told how long a call took that was made at once. */
  took(milliseconds: number): void;
}

/**
 * Reads at once while the operating system has the files in memory, and through the thread pool while they come from a disk.
 *
 * Two turns through the pool cost more than all that is done at once, decoding left aside; a read that waits holds up the whole thread.
 * Two calls close to each other that are not quick send the next files through the pool: 64, then twice as many each time until calls are
 * quick again. One alone does not, because another thread may have had the processor.
 */
export function createReadingPace(): ReadingPace {
  let slowness = 0;
  let pooled = 0;
  let next = FEWEST_POOLED;
  return {
    isQuick: () => {
      if (pooled === 0) return true;
      pooled--;
      return false;
    },
    took: (milliseconds) => {
      slowness = milliseconds > QUICK_MS ? slowness + SLOW_WEIGHT : Math.max(0, slowness - 1);
      if (slowness === 0) next = FEWEST_POOLED;
      if (slowness <= SLOW_WEIGHT) return;
      pooled = next;
      next = Math.min(2 * next, MOST_POOLED);
      // After these files one slow call is enough.
      slowness = SLOW_WEIGHT;
    },
  };
}

const readingPace = memoize(createReadingPace);

function timed<Value>(call: () => Value): Value {
  const start = performance.now();
  const value = call();
  readingPace().took(performance.now() - start);
  return value;
}
