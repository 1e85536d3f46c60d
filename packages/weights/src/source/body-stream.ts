import { truncated } from './byte-source';

/** What a server or a Blob sends of a file. */
export interface RangeBody {
  /** The next piece, or undefined at the end. */
  read(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Breaks off. */
  cancel(): void;
}

/** A body that is read forwards, piece by piece; the server sends no more than is taken, but for what lies in buffers. */
export interface BodyStream {
  /** The `length` bytes from `offset` on, which is not before the end of the last piece; what lies between is dropped. */
  take(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Waits for the end, which must come next: a connection is free for another request only then. */
  expectEnd(): Promise<void>;
  /** Breaks the connection off when all that has been asked for is there. */
  finish(): Promise<void>;
  /** Breaks the connection off at once. */
  cancel(): void;
}

/**
 * A stream of `body`, which begins at the file's byte `first`.
 *
 * Pieces are handed out in the order in which they are asked for, so that several may be asked for at a time.
 */
export function bodyStream(body: RangeBody, first: number, name: string): BodyStream {
  let position = first;
  let chunk = new Uint8Array(0);
  let queue: Promise<unknown> = Promise.resolve();
  /** Goes on by at most `length` bytes within a chunk. */
  const advance = async (length: number): Promise<Uint8Array> => {
    while (chunk.length === 0) {
      const next = await body.read();
      if (next === undefined) throw truncated(name);
      chunk = next;
    }
    const piece = chunk.subarray(0, length);
    chunk = chunk.subarray(piece.length);
    position += piece.length;
    return piece;
  };
  const take = async (offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
    while (position < offset) await advance(offset - position);
    const result = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const piece = await advance(length - done);
      result.set(piece, done);
      done += piece.length;
    }
    return result;
  };
  return {
    take(offset, length) {
      const taken = queue.then(() => take(offset, length));
      queue = taken.catch(() => undefined);
      return taken;
    },
    async expectEnd() {
      while (chunk.length === 0) {
        const next = await body.read();
        if (next === undefined) return;
        chunk = next;
      }
      body.cancel();
    },
    finish: () =>
      queue.then(() => {
        body.cancel();
      }),
    cancel: () => {
      body.cancel();
    },
  };
}
