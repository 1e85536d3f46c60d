import { ArgumentError, cutText, printable, ZooError } from '@zoo/core';

/**
 * Bytes that can be read piece by piece: a file on disk, a Blob, memory, or an address that answers range requests.
 *
 * Every reader of this package works on one, so that no file has to be in memory as a whole.
 */
export interface ByteSource {
  /** What to call the file in an error message. */
  readonly name: string;
  /** Length of the whole. */
  readonly sizeBytes: number;
  /** The `length` bytes from `offset` on; the caller has checked that they lie within the file. The result is the caller's own. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** The file of that name beside this one, where there is such a thing as beside; closed with this one. */
  sibling?(name: string): Promise<ByteSource>;
  /** Frees what the source holds open; reading afterwards is an error. */
  close?(): Promise<void>;
}

/** Bytes in memory as a {@link ByteSource}; they are not copied until read. */
export function memorySource(bytes: ArrayBuffer | Uint8Array, name = 'the file'): ByteSource {
  const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  return {
    name,
    sizeBytes: view.byteLength,
    read: (offset, length) => Promise.resolve(new Uint8Array(view.subarray(offset, offset + length))),
  };
}

/**
 * A source that reads `source` through a few cached blocks, so that the many small reads of a file's directory take few requests.
 *
 * @param blockBytes Size of a block; a read of at least half of it goes straight to the source. Default: 64 KiB.
 * @param blockCount Blocks kept. Default: 32.
 */
export function cachedSource(source: ByteSource, blockBytes = 65536, blockCount = 32): ByteSource {
  const blocks = new Map<number, Promise<Uint8Array<ArrayBuffer>>>();
  const block = (index: number): Promise<Uint8Array<ArrayBuffer>> => {
    const start = index * blockBytes;
    const found = blocks.get(index) ?? source.read(start, Math.min(blockBytes, source.sizeBytes - start));
    // Evicts the least recently used: a Map iterates in the order of insertion.
    blocks.delete(index);
    blocks.set(index, found);
    if (blocks.size > blockCount) blocks.delete(blocks.keys().next().value!);
    found.catch(() => blocks.delete(index));
    return found;
  };
  return {
    name: source.name,
    sizeBytes: source.sizeBytes,
    async read(offset, length) {
      if (length >= blockBytes / 2) return source.read(offset, length);
      const result = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const position = offset + done;
        const bytes = await block(Math.floor(position / blockBytes));
        const piece = bytes.subarray(position % blockBytes, (position % blockBytes) + length - done);
        if (piece.length === 0) throw truncated(source.name);
        result.set(piece, done);
        done += piece.length;
      }
      return result;
    },
    ...(source.close === undefined ? {} : { close: () => source.close!() }),
  };
}

/** Bytes `offset` to `offset + length` of `source`, or the error that says that the file ends before. */
export function readWithin(
  source: ByteSource,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    return Promise.reject(invalidFile(source.name, 'holds an impossible address'));
  }
  if (offset + length > source.sizeBytes) return Promise.reject(truncated(source.name));
  return source.read(offset, length);
}

/** `bytes` if there are `length` of them: fewer means that the file ended, or changed, while it was read. */
export function expectLength<Bytes extends Uint8Array>(bytes: Bytes, length: number, name: string): Bytes {
  if (bytes.byteLength !== length) throw truncated(name);
  return bytes;
}

/** The error of a file that ends too early. */
export function truncated(name: string): ZooError {
  return invalidFile(name, 'ends before its content does', 'It was cut short: download or save it again.');
}

/** A {@link ZooError} with the code `invalid-file`: "Expected a sound weights file but `name` [problem]. [nextStep]" */
export function invalidFile(name: string, problem: string, nextStep = '', cause?: unknown): ZooError {
  const sentence = `Expected a sound file but ${name} ${problem}.`;
  return new ZooError(
    'invalid-file',
    nextStep === '' ? sentence : `${sentence} ${nextStep}`,
    cause === undefined ? undefined : { cause },
  );
}

/** Longest part of a name from a file that a message shows. */
const SHOWN_CHARACTERS = 80;

/** A name out of a file, for a message: quoted, cut, with control characters escaped, so that a stranger's file can't draw on a terminal. */
export function shownName(name: string): string {
  return `"${escapedName(name)}"`;
}

/** As {@link shownName}, without the quotes, for lists. */
export function escapedName(name: string): string {
  return printable(JSON.stringify(cutText(name, SHOWN_CHARACTERS)).slice(1, -1));
}

/** True for an object that has the shape of a {@link ByteSource}. */
export function isByteSource(value: unknown): value is ByteSource {
  return (
    typeof value === 'object' &&
    value !== null &&
    'read' in value &&
    typeof value.read === 'function' &&
    'sizeBytes' in value &&
    typeof value.sizeBytes === 'number'
  );
}

/** Throws {@link ArgumentError} for something that is no file. */
export function rejectSource(value: unknown): never {
  throw new ArgumentError('file', 'a path, URL, Blob, ArrayBuffer, Uint8Array or ByteSource', value);
}

/** The error for a file that is something else, with what it seems to be. */
export function strangeFile(name: string, start: Uint8Array): ZooError {
  const text = new TextDecoder('latin1').decode(start).trimStart().toLowerCase();
  if (start.length === 0) return invalidFile(name, 'is empty', 'Download or save it again.');
  if (text.startsWith('version https://git-lfs')) {
    return invalidFile(name, 'is a Git LFS pointer, not the file itself', 'Run `git lfs pull` to fetch it.');
  }
  if (text.startsWith('<')) {
    return invalidFile(name, 'is a web page', 'The download ended on a page: fetch the file itself.');
  }
  return invalidFile(name, 'is no weight file that can be recognised by its content');
}
