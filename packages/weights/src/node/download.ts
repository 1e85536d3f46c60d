import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import {
  contentRange,
  publishedFileLimit,
  Transfer,
  wrongContent,
  ZooError,
  type Answer,
  type DownloadOptions,
  type FileHash,
} from '@zoo/core';

import { namingPath } from './file-error';
import { waitForLockFile } from './lock-file';

/** Options of {@link downloadVerified}. */
export interface VerifiedDownloadOptions extends DownloadOptions {
  /** Size of the file, where it is known: no more is taken than that and 1 MiB. Default: up to 1 GiB. */
  sizeBytes?: number;
  /** Sent with every request; `Authorization` to the address's own origin alone. */
  headers?: Readonly<Record<string, string>>;
  /** What else to do where the file can't be had, as the words behind "Check the network, or". Default: to put it at its path. */
  advice?: string;
}

/** True if the file is there and has this hash. */
export async function hasHash(
  path: string,
  { algorithm, digest }: FileHash,
  signal?: AbortSignal,
): Promise<boolean> {
  const size = await sizeOf(path);
  if (size === undefined) return false;
  const isGits = algorithm === 'git-sha1';
  const hash = createHash(isGits ? 'sha1' : algorithm);
  if (isGits) hash.update(`blob ${size}\0`);
  for await (const piece of createReadStream(path)) {
    signal?.throwIfAborted();
    hash.update(piece as Buffer);
  }
  return hash.digest('hex').startsWith(digest);
}

/**
 * Downloads the file at `url` to `path` unless it is there already; verifies it by its hash and resumes an interrupted download.
 *
 * Of several processes that want one file, one downloads and the others wait. The file appears complete and verified or not at all; until
 * then the received bytes are in `<path>.part`. `options.requests` and `sizeBytes` limit time and bytes.
 *
 * @param hash Undefined if none is published: then any complete answer is taken, and the caller has to check its content.
 * @throws ZooError 'download' if the server can't be reached, refuses, takes too long, sends more than is expected, or content of another
 *   hash (which is not kept); 'invalid-file' if the file can't be written.
 */
export async function downloadVerified(
  url: string,
  path: string,
  hash: FileHash | undefined,
  options: VerifiedDownloadOptions = {},
): Promise<void> {
  const { signal } = options;
  await namingPath('make the folder', dirname(path), () => mkdir(dirname(path), { recursive: true }));
  const lock = await waitForLockFile(`${path}.lock`, signal);
  try {
    if (await isRight(path, hash, signal)) return;
    const part = lock.isExclusive ? `${path}.part` : `${path}.${process.pid}.part`;
    await receive(url, path, part, options);
    if (hash !== undefined && !(await hasHash(part, hash, signal))) {
      await rm(part, { force: true });
      throw wrongContent(url, hash, `Try again, or ${adviceFor(path, options)}`);
    }
    await namingPath('write', path, () => rename(part, path));
  } finally {
    await lock.release();
  }
}

function adviceFor(path: string, { advice }: VerifiedDownloadOptions): string {
  return advice ?? `get the file another way and put it at ${path}.`;
}

async function isRight(
  path: string,
  hash: FileHash | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return hash === undefined ? (await sizeOf(path)) !== undefined : hasHash(path, hash, signal);
}

async function receive(
  url: string,
  path: string,
  part: string,
  options: VerifiedDownloadOptions,
): Promise<void> {
  const { sizeBytes, signal, onProgress } = options;
  const advice = `Check the network, or ${adviceFor(path, options)}`;
  const transfer = new Transfer({ signal, requests: options.requests, advice });
  const resumed = await resume(url, (await sizeOf(part)) ?? 0, transfer, options.headers);
  if (resumed === undefined) return;
  const { answer, from } = resumed;
  const totalBytes = answer.announcedBytes === undefined ? undefined : from + answer.announcedBytes;
  const limitBytes = publishedFileLimit(sizeBytes, options);
  let receivedBytes = from;
  const file = await namingPath('write', part, () => open(part, from > 0 ? 'a' : 'w'));
  try {
    while ((totalBytes ?? receivedBytes) <= limitBytes && receivedBytes <= limitBytes) {
      const piece = await nextPiece(url, answer, receivedBytes, signal);
      if (piece === undefined) return;
      await namingPath('write', part, () => file.writeFile(piece));
      receivedBytes += piece.byteLength;
      onProgress?.({ receivedBytes, totalBytes });
    }
  } finally {
    answer.cancel();
    await file.close();
  }
  await rm(part, { force: true });
  throw tooLarge(url, limitBytes, advice);
}

/** The answer that goes on from what is there, or begins again; undefined if there is nothing more. */
async function resume(
  url: string,
  have: number,
  transfer: Transfer,
  headers: VerifiedDownloadOptions['headers'],
): Promise<{ answer: Answer; from: number } | undefined> {
  if (have === 0) return { answer: await transfer.request(url, headers), from: 0 };
  const answer = await transfer.request(url, { ...headers, Range: `bytes=${have}-` });
  if (answer.status === 200) return { answer, from: 0 };
  const range = contentRange(answer.headers);
  if (answer.status === 206 && range?.first === have && range.last === range.total - 1) {
    return { answer, from: have };
  }
  answer.cancel();
  // 416: the part is complete already, or belongs to another file; the hash decides.
  if (answer.status === 416) return undefined;
  return { answer: await transfer.request(url, headers), from: 0 };
}

async function nextPiece(
  url: string,
  answer: Answer,
  receivedBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  try {
    return await answer.read();
  } catch (cause) {
    signal?.throwIfAborted();
    const advice = 'What has arrived is kept: calling again resumes.';
    const words = cause instanceof Error ? ` ${cause.message}` : '';
    throw new ZooError(
      'download',
      `The download of ${url} broke off after ${receivedBytes} bytes. ${advice}${words}`,
      { cause },
    );
  }
}

function tooLarge(url: string, limitBytes: number, advice: string): ZooError {
  return new ZooError(
    'download',
    `Expected at most ${limitBytes} bytes from ${url} but it has more; they were not kept. ${advice}`,
  );
}

async function sizeOf(path: string): Promise<number | undefined> {
  const status = await stat(path).catch(() => undefined);
  return status?.isFile() === true ? status.size : undefined;
}
