import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { ZooError } from '@zoo/core';

import type { PretrainedEntry } from '../pretrained/catalogue';
import type { DownloadOptions } from '../pretrained/loading-options';
import { request, wrongContent } from '../pretrained/request';

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
    await receive(url, path, part, options);
    if (!(await hasHash(part, hash))) {
      await rm(part, { force: true });
      throw wrongContent(url, hash, `Try again, or get the file another way and put it at ${path}.`);
    }
    await rename(part, path);
  });
}

async function receive(url: string, path: string, part: string, options: DownloadOptions): Promise<void> {
  const { signal, onProgress } = options;
  const have = (await sizeOf(part)) ?? 0;
  const advice = `Check the network, or get the file another way and put it at ${path}.`;
  const response = await request(url, { fromByte: have, signal, advice });
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

/** Runs `work` while holding a lock file; one whose holder has died is taken over. */
async function withLock(
  path: string,
  signal: AbortSignal | undefined,
  work: () => Promise<void>,
): Promise<void> {
  const mark = `${hostname()} ${process.pid} ${Math.random()}`;
  while (!(await tryLock(path, mark))) {
    if (await isAbandoned(path)) await rm(path, { force: true });
    else await delay(LOCK_POLL_MS, undefined, signal && { signal });
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

/** True if the lock's holder is no more: its process on this machine is gone, or on another it touches the file no longer. */
async function isAbandoned(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return false;
  if (Date.now() - status.mtimeMs > LOCK_STALE_MS) return true;
  const [host, pid] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
  return host === hostname() && !isRunning(Number(pid));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
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
