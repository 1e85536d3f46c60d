import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { ZooError } from '@zoo/core';

import type { PretrainedEntry } from '../catalogue';

/** How far a download is. */
export interface DownloadProgress {
  readonly receivedBytes: number;
  /** Undefined where the server doesn't tell. */
  readonly totalBytes: number | undefined;
}

/** Options of {@link downloadVerified}. */
export interface DownloadOptions {
  /** Called for each piece that arrives. */
  onProgress?: (progress: DownloadProgress) => void;
  /** Aborted, the download stops and throws the signal's reason; what has arrived is kept for the next time. */
  signal?: AbortSignal;
}

type Hash = PretrainedEntry['hash'];

const LOCK_STALE_MS = 20_000;
const LOCK_POLL_MS = 100;

/** True if the file is there and has this hash. */
export async function hasHash(path: string, { algorithm, digest }: Hash): Promise<boolean> {
  if ((await sizeOf(path)) === undefined) return false;
  const hash = createHash(algorithm);
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex').startsWith(digest);
}

/**
 * Makes `path` the file that `url` serves, if it isn't yet: verified by its hash, resumed where an earlier download broke off.
 *
 * Of several processes that want one file, one downloads and the others wait. The file appears whole and verified or not at all;
 * until then what has arrived lies beside it, as `<path>.part`.
 *
 * @throws ZooError 'download' if the server can't be reached, refuses, or serves content of another hash (which is not kept).
 */
export async function downloadVerified(
  url: string,
  path: string,
  hash: Hash,
  options: DownloadOptions = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await withLock(`${path}.lock`, options.signal, async () => {
    if (await hasHash(path, hash)) return;
    const part = `${path}.part`;
    await receive(url, part, options);
    if (!(await hasHash(part, hash))) {
      await rm(part, { force: true });
      throw new ZooError(
        'download',
        `${url} served a file whose ${hash.algorithm} is not ${hash.digest}; it was not kept. Try again, or get the file another way and put it at ${path}.`,
      );
    }
    await rename(part, path);
  });
}

async function receive(url: string, part: string, options: DownloadOptions): Promise<void> {
  const { signal, onProgress } = options;
  const have = (await sizeOf(part)) ?? 0;
  const response = await request(url, have, signal);
  // 416: the part is whole already, or of another file; the hash tells.
  if (response.status === 416) return response.body?.cancel();
  const resumes = response.status === 206;
  let receivedBytes = resumes ? have : 0;
  const length = Number(response.headers.get('content-length'));
  const totalBytes = length > 0 ? receivedBytes + length : undefined;
  const file = await open(part, resumes ? 'a' : 'w');
  try {
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
      await file.write(piece);
      receivedBytes += piece.byteLength;
      onProgress?.({ receivedBytes, totalBytes });
    }
  } catch (error) {
    signal?.throwIfAborted();
    const advice = 'What has arrived is kept: calling again resumes.';
    throw new ZooError(
      'download',
      `The download of ${url} broke off after ${receivedBytes} bytes. ${advice}`,
      { cause: error },
    );
  } finally {
    await file.close();
  }
}

async function request(url: string, from: number, signal: AbortSignal | undefined): Promise<Response> {
  let response: Response;
  try {
    const headers = from > 0 ? { range: `bytes=${from}-` } : undefined;
    response = await fetch(url, { ...(headers && { headers }), ...(signal && { signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    const advice = 'Check the network, or put the file into the cache by hand.';
    throw new ZooError('download', `${url} could not be reached. ${advice}`, { cause: error });
  }
  if (response.ok || response.status === 416) return response;
  await response.body?.cancel();
  throw new ZooError('download', `${url} answered with status ${response.status} ${response.statusText}.`);
}

/** Runs `work` while holding a lock file; one whose holder has died, and so no longer touches it, is taken over. */
async function withLock(
  path: string,
  signal: AbortSignal | undefined,
  work: () => Promise<void>,
): Promise<void> {
  const mark = `${process.pid} ${Math.random()}`;
  while (!(await tryLock(path, mark))) {
    const status = await stat(path).catch(() => undefined);
    if (status !== undefined && Date.now() - status.mtimeMs > LOCK_STALE_MS) await rm(path, { force: true });
    await delay(LOCK_POLL_MS, undefined, signal && { signal });
  }
  const touch = setInterval(
    () => void utimes(path, new Date(), new Date()).catch(() => undefined),
    LOCK_STALE_MS / 4,
  );
  try {
    await work();
  } finally {
    clearInterval(touch);
    const holder = await readFile(path, 'utf8').catch(() => undefined);
    if (holder === mark) await rm(path, { force: true });
  }
}

async function tryLock(path: string, mark: string): Promise<boolean> {
  try {
    await writeFile(path, mark, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  const status = await stat(path).catch(() => undefined);
  return status?.isFile() === true ? status.size : undefined;
}
