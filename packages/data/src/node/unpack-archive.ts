import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { pipeline as piped } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import { isZooError, ZooError } from '@zoo/core';
import { openSource } from '@zoo/weights';
import { namingPath, openZipEntry, readChecked, readZip } from '@zoo/weights/node';
import { Parser, type ReadEntry } from 'tar';

/** What an archive may unpack to, and who wants to know of it. */
export interface UnpackOptions {
  /** Bytes of all files together. */
  maximumBytes: number;
  /** Files and folders. */
  maximumEntries: number;
  /** Called as it goes on: bytes of the archive that are done, and all of them. */
  onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** What a tar calls a file; anything but these and folders is refused. */
const FILE_TYPES: readonly string[] = ['File', 'OldFile', 'ContiguousFile'];
/** Bytes of a tar beside its files, for each of them: headers, what is said of them before, and filling. */
const TAR_ENTRY_BYTES = 4096;

/**
 * Unpacks a ZIP, a tar or a tar in gzip into `folder`, which is empty or absent. The kind is told by content.
 *
 * Written are files and folders alone, within `folder`: a name that leads out of it, an absolute one, a link, a device and a second
 * file of one name are refused, and so is more than `maximumBytes` or `maximumEntries`, before it is written. What was unpacked before
 * an error stays: the caller unpacks beside the place that counts, and renames.
 *
 * @throws ZooError 'invalid-file' for what is no such archive, damaged, or hostile; the signal's reason where it is aborted.
 */
export async function unpackArchive(path: string, folder: string, options: UnpackOptions): Promise<void> {
  const source = await openSource(path, options.signal ? { signal: options.signal } : {});
  const target = new UnpackTarget(path, folder, options);
  try {
    await namingPath('make the folder', folder, () => mkdir(folder, { recursive: true }));
    const start = await source.read(0, Math.min(4, source.sizeBytes));
    // PK\x03\x04; an archive without files begins with PK\x05\x06.
    if (start[0] === 0x50 && start[1] === 0x4b) await unpackZip(source, target, options);
    else await unpackTar(path, source.sizeBytes, start[0] === 0x1f && start[1] === 0x8b, target, options);
    options.signal?.throwIfAborted();
    if (target.isEmpty) throw refused(path, 'an archive of pictures', 'one without files');
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (isZooError(cause)) throw cause;
    const words = cause instanceof Error ? ` (${cause.message})` : '';
    throw refused(path, 'a whole ZIP, tar or tar.gz', `something else or a damaged one${words}`, cause);
  } finally {
    await source.close?.();
  }
}

/** The folder that an archive is unpacked to, and what it may still take. */
class UnpackTarget {
  private bytes = 0;
  private entries = 0;
  private readonly folders = new Set<string>();

  constructor(
    private readonly archive: string,
    private readonly folder: string,
    private readonly limits: UnpackOptions,
  ) {}

  get isEmpty(): boolean {
    return this.bytes === 0;
  }

  /** The path of an entry, once it is known to be allowed. */
  allow(name: string, sizeBytes: number): string {
    this.entries++;
    this.bytes += sizeBytes;
    const { maximumBytes, maximumEntries } = this.limits;
    if (this.entries > maximumEntries) {
      throw refused(this.archive, `an archive of at most ${maximumEntries} files and folders`, 'more');
    }
    if (!(this.bytes <= maximumBytes)) {
      throw refused(this.archive, `an archive of at most ${maximumBytes} bytes`, 'more');
    }
    const parts = name.split('/').filter((part) => part !== '' && part !== '.');
    // A drive or a stream of Windows has a colon; its separators would split a name in two there alone.
    if (/^\/|[\\:\0]/.test(name) || parts.includes('..')) {
      throw refused(this.archive, 'an archive whose files lie within it', `the name ${name}`);
    }
    return join(this.folder, ...parts);
  }

  async makeFolder(path: string): Promise<void> {
    if (this.folders.has(path)) return;
    await namingPath('make the folder', path, () => mkdir(path, { recursive: true }));
    this.folders.add(path);
  }

  /** Writes a file that is not there yet. */
  async write(
    path: string,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.makeFolder(dirname(path));
    const file = createWriteStream(path, { flags: 'wx' });
    await namingPath('write', path, () => piped(content, file, { ...(signal && { signal }) }));
  }

  refusal(name: string, kind: string): ZooError {
    return refused(this.archive, 'an archive of files and folders alone', `${kind}, ${name}`);
  }
}

async function unpackZip(
  source: Awaited<ReturnType<typeof openSource>>,
  target: UnpackTarget,
  { signal, onProgress }: UnpackOptions,
): Promise<void> {
  const entries = [...(await readZip(source)).values()];
  const placed = entries.map((entry) => {
    if (entry.isLink) throw target.refusal(entry.name, 'a link');
    return { entry, path: target.allow(entry.name, entry.sizeBytes) };
  });
  let doneBytes = 0;
  for (const { entry, path } of placed) {
    signal?.throwIfAborted();
    if (entry.name.endsWith('/')) await target.makeFolder(path);
    else await target.write(path, [await readChecked(await openZipEntry(source, entry))]);
    doneBytes += entry.storedBytes;
    onProgress?.(doneBytes, source.sizeBytes);
  }
}

async function unpackTar(
  path: string,
  sizeBytes: number,
  isGzip: boolean,
  target: UnpackTarget,
  { maximumBytes, maximumEntries, signal, onProgress }: UnpackOptions,
): Promise<void> {
  const file = createReadStream(path);
  const tar = isGzip ? pipeline(file, createGunzip(), () => undefined) : file;
  const parser = new TarParser(target);
  const limitBytes = maximumBytes + TAR_ENTRY_BYTES * maximumEntries;
  let tarBytes = 0;
  try {
    for await (const piece of tar as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      tarBytes += piece.length;
      if (tarBytes > limitBytes) throw refused(path, `an archive of at most ${limitBytes} bytes`, 'more');
      await parser.write(piece);
      onProgress?.(file.bytesRead, sizeBytes);
    }
    await parser.end();
  } finally {
    file.destroy();
    await parser.close();
  }
}

/** The parser of npm's `tar`, fed piece by piece; each piece's files are written before the next is taken. */
class TarParser {
  private readonly parser = new Parser({ strict: true, onReadEntry: (entry) => this.take(entry) });
  private readonly stop = new AbortController();
  private writing: Promise<void> = Promise.resolve();
  private readonly failed: Promise<never>;
  private fail!: (reason: unknown) => void;

  constructor(private readonly target: UnpackTarget) {
    this.failed = new Promise((_, reject) => (this.fail = reject));
    // Whoever waits receives it; possibly nobody waits yet.
    this.failed.catch(() => undefined);
    this.parser.on('error', (error) => this.fail(error));
    // A kind that the parser does not know, or one with an implausibly large description.
    this.parser.on('ignoredEntry', ({ path, type }: ReadEntry) => {
      this.fail(target.refusal(path, `an entry of the kind ${type}`));
    });
  }

  async write(piece: Buffer): Promise<void> {
    const drained = new Promise((resolve) => this.parser.once('drain', resolve));
    const goesOn = this.parser.write(piece);
    await Promise.race([this.failed, goesOn ? undefined : drained]);
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.parser.once('end', resolve));
    this.parser.end();
    await Promise.race([this.failed, ended]);
    await Promise.race([this.failed, this.writing]);
  }

  /** Lets go of a file that is half written. */
  async close(): Promise<void> {
    this.stop.abort();
    await this.writing;
  }

  /** One file at a time: the parser hands on the next entry when it has read the last one, which need not be on the disk yet. */
  private take(entry: ReadEntry): void {
    this.writing = this.writing.then(() => this.store(entry)).catch((error: unknown) => this.fail(error));
  }

  private async store(entry: ReadEntry): Promise<void> {
    const { path: name, type, size } = entry;
    const isFile = FILE_TYPES.includes(type);
    if (!isFile && type !== 'Directory') throw this.target.refusal(name, `an entry of the kind ${type}`);
    const path = this.target.allow(name, isFile ? size : 0);
    if (isFile) return this.target.write(path, entry as AsyncIterable<Buffer>, this.stop.signal);
    await this.target.makeFolder(path);
    entry.resume();
  }
}

function refused(path: string, expected: string, found: string, cause?: unknown): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected ${expected} in ${path} but found ${found}. Get the archive again from its publisher.`,
    { cause },
  );
}
