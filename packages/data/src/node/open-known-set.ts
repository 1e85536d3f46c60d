import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { ArgumentError, cacheDirectory, DOWNLOAD_OPTIONS, isZooError, ZooError } from '@zoo/core';
import {
  expectFunction,
  readOptions,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';
import { downloadVerified, hasHash, namingPath, waitForLockFile } from '@zoo/weights/node';

import { KNOWN_SETS, type KnownSet, type KnownSetName, type KnownSetRow } from './known-sets';
import { unpackArchive } from './unpack-archive';

/** Progress of fetching a set. */
export interface KnownSetProgress {
  readonly step: 'download' | 'unpack';
  /** Bytes of the archive that are done. */
  readonly doneBytes: number;
  /** Undefined where the server doesn't tell. */
  readonly totalBytes: number | undefined;
}

export const KNOWN_SET_OPTIONS = {
  /** A folder that holds the set, or its archive, which is checked as a download is. Default: the set is downloaded, once. */
  from: { type: 'text', expected: 'the path of a folder or an archive' },
  /** Sets are kept in its folder `sets`. Default `cacheDirectory()` of `@zoo/core`, which `$ZOO_CACHE_DIRECTORY` moves. */
  cacheDirectory: { type: 'text', expected: 'the path of a folder' },
  /** How long to wait for the server, and what to take from it. */
  requests: DOWNLOAD_OPTIONS.requests,
  /** Called as downloading and unpacking go on. */
  onProgress: { type: 'any', expected: 'a function', check: expectFunction } as AnyRow<
    (progress: KnownSetProgress) => void
  >,
  /** Aborted, it stops and throws the signal's reason; what has arrived is kept for the next time. */
  signal: DOWNLOAD_OPTIONS.signal,
} as const satisfies OptionTable;

/** Options of {@link openKnownSet}. */
export interface KnownSetOptions extends OptionsOf<typeof KNOWN_SET_OPTIONS> {}

/** Names of the sets that {@link openKnownSet} opens. */
export function knownSetNames(): KnownSetName[] {
  return Object.keys(KNOWN_SETS) as KnownSetName[];
}

/**
 * Opens a known data set as its publisher splits it: from the cache, or else downloaded, checked and unpacked.
 *
 * An interrupted download resumes; the set appears complete and checked or not at all; of several processes that want one set, one fetches
 * it and the others wait. The archive is removed after it is unpacked.
 *
 * @example
 * const { train, test } = await openKnownSet('imagenette-160');
 * const batches = await imageBatches(train, { imageSize: 128, batchSize: 32, normalization: 'torch', seed: 1 });
 *
 * @throws ArgumentError for an unknown name; ZooError 'download' if the archive is unavailable or has another hash, 'invalid-file' if a folder or an archive is not of this set, 'unsupported' for a set without a public address.
 */
export function openKnownSet(name: KnownSetName, options: KnownSetOptions = {}): Promise<KnownSet> {
  const row = (KNOWN_SETS as Readonly<Record<string, KnownSetRow>>)[name];
  if (row === undefined || !Object.hasOwn(KNOWN_SETS, name)) {
    throw new ArgumentError('name', `one of ${knownSetNames().join(', ')}`, name);
  }
  return openSetOf(name, row, options);
}

/** See {@link openKnownSet}: with the row itself. */
export async function openSetOf(name: string, row: KnownSetRow, options: KnownSetOptions): Promise<KnownSet> {
  const { from, cacheDirectory: cache = cacheDirectory() } = readOptions(KNOWN_SET_OPTIONS, options);
  if (from !== undefined && (await isFolder(from))) return row.read(await rootIn(from, row));
  const place = join(cache, 'sets', name);
  if (!(await isFolder(place))) await fetchSet(row, place, options);
  return row.read(await rootIn(place, row));
}

/** Makes `place` the folder that the set's archive unpacks to. */
async function fetchSet(row: KnownSetRow, place: string, options: KnownSetOptions): Promise<void> {
  const { from, signal } = options;
  const sets = join(place, '..');
  await namingPath('make the folder', sets, () => mkdir(sets, { recursive: true }));
  const lock = await waitForLockFile(`${place}.lock`, signal);
  const unpacked = `${place}.${lock.isExclusive ? '' : `${process.pid}.`}part`;
  try {
    // Another process had the lock.
    if (await isFolder(place)) return;
    const archive = from ?? (await downloadArchive(row, sets, options));
    if (from !== undefined) await expectArchive(row, from, signal);
    try {
      // The remains of a killed process.
      await rm(unpacked, { recursive: true, force: true });
      await unpackArchive(archive, unpacked, { ...limitsOf(row), ...progressOf(options, 'unpack'), signal });
      await expectWhole(row, await rootIn(unpacked, row), archive);
    } catch (error) {
      // A download that can't be unpacked would block every later attempt.
      if (from === undefined && isZooError(error, 'invalid-file')) await rm(archive, { force: true });
      throw error;
    }
    await namingPath('write', place, () => rename(unpacked, place));
    if (from === undefined) await rm(archive, { force: true });
  } finally {
    await rm(unpacked, { recursive: true, force: true });
    await lock.release();
  }
}

/** The path of the archive, downloaded and checked. */
async function downloadArchive(
  { title, archive }: KnownSetRow,
  folder: string,
  options: KnownSetOptions,
): Promise<string> {
  if (archive === undefined) {
    throw new ZooError(
      'unsupported',
      `${title} has no public address. Get its files from its publisher, and give their folder as \`from\`.`,
    );
  }
  const { url, hash, sizeBytes } = archive;
  const path = join(folder, basename(new URL(url).pathname));
  const report = progressOf(options, 'download').onProgress;
  await downloadVerified(url, path, hash, {
    ...(options.signal && { signal: options.signal }),
    ...(options.requests && { requests: options.requests }),
    ...(sizeBytes !== undefined && { sizeBytes }),
    onProgress: ({ receivedBytes, totalBytes }) => report(receivedBytes, totalBytes),
    advice: `get the archive another way and give its path, or that of the unpacked folder, as \`from\`; or put it at ${path}.`,
  });
  return path;
}

/** Refuses an archive of the user's that is not the one that was published. */
async function expectArchive(
  { title, archive }: KnownSetRow,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const status = await namingPath('read', path, () => stat(path));
  const hash = archive?.hash;
  if (status.isFile() && (hash === undefined || (await hasHash(path, hash, signal)))) return;
  const { algorithm, digest } = hash ?? { algorithm: 'kind', digest: 'a file' };
  throw new ZooError(
    'invalid-file',
    `Expected the archive of ${title} at ${path} but its ${algorithm} is not ${digest}. Get ${archive?.url ?? 'it'} again, or give an unpacked folder.`,
  );
}

/** Pictures and what stands beside them: noisy labels, a file beside each as macOS' tar leaves them. */
function limitsOf({ pictures, archive }: KnownSetRow): { maximumBytes: number; maximumEntries: number } {
  const [train, test] = pictures;
  // Pictures are compressed already, and CIFAR's shrink by a tenth.
  const maximumBytes = archive?.sizeBytes === undefined ? 2 ** 30 : 2 * archive.sizeBytes + 2 ** 20;
  return { maximumBytes, maximumEntries: 2 * (train + test) + 1000 };
}

/** Refuses an unpacked set that is not as its publisher describes it. */
async function expectWhole(row: KnownSetRow, directory: string, archive: string): Promise<void> {
  const { train, test } = await row.read(directory);
  const found = [train, test].map(({ examples }) => examples.length);
  const classes = train.classNames.length;
  if (classes === row.classes && found.every((count, index) => count === row.pictures[index])) return;
  throw new ZooError(
    'invalid-file',
    `Expected ${row.pictures.join(' and ')} pictures of ${row.classes} classes in ${archive} but found ${found.join(' and ')} of ${classes}. Get the archive again from its publisher.`,
  );
}

function progressOf({ onProgress }: KnownSetOptions, step: KnownSetProgress['step']) {
  return {
    onProgress: (doneBytes: number, totalBytes: number | undefined) =>
      onProgress?.({ step, doneBytes, totalBytes }),
  };
}

/** The folder of the set: that of the archive, or `directory` where that is already it. */
async function rootIn(directory: string, { root }: KnownSetRow): Promise<string> {
  const inner = join(directory, root);
  return (await isFolder(inner)) ? inner : directory;
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() === true;
