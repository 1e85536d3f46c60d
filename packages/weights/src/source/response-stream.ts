import { truncated } from './byte-source';

/** The body of an answer that is read forwards, piece by piece; the server sends no more than is taken, but for what lies in buffers. */
export interface ResponseStream {
  /** The `length` bytes from `offset` on, which is not before the end of the last piece; what lies between is dropped. */
  take(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Breaks the connection off when all that has been asked for is there. */
  finish(): Promise<void>;
  /** Breaks the connection off at once. */
  cancel(): Promise<void>;
}

/**
 * A stream of `response`, whose body begins at the file's byte `first`.
 *
 * Pieces are handed out in the order in which they are asked for, so that several may be asked for at a time.
 */
export function responseStream(response: Response, first: number, name: string): ResponseStream {
  const reader = response.body?.getReader();
  let position = first;
  let chunk = new Uint8Array(0);
  let queue: Promise<unknown> = Promise.resolve();
  /** Goes on by at most `length` bytes within a chunk. */
  const advance = async (length: number): Promise<Uint8Array> => {
    while (chunk.length === 0) {
      const next = await reader?.read();
      if (next?.value === undefined) throw truncated(name);
      chunk = next.value as Uint8Array<ArrayBuffer>;
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
  const cancel = async (): Promise<void> => {
    await reader?.cancel().catch(() => undefined);
  };
  return {
    take(offset, length) {
      const taken = queue.then(() => take(offset, length));
      queue = taken.catch(() => undefined);
      return taken;
    },
    finish: () => queue.then(cancel),
    cancel,
  };
}
