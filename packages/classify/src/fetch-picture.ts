import { ZooError } from '@zoo/core';

/** Bytes that a picture from an address may have at most. */
const MAXIMUM_BYTES = 64 * 1024 * 1024;
/** How long an address may take to send a picture. */
const TIMEOUT_MS = 30_000;

/**
 * The bytes that `address` sends.
 *
 * @throws ZooError 'download' if it does not answer, refuses, takes longer than 30 seconds or sends more than 64 MiB; the signal's
 *   reason if it is aborted.
 */
export async function fetchPicture(
  address: string | URL,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new Error(`no picture within ${TIMEOUT_MS / 1000} s`)),
    TIMEOUT_MS,
  );
  const abort = (): void => controller.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const response = await fetch(address, { signal: controller.signal });
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    return await readBounded(response);
  } catch (cause) {
    signal?.throwIfAborted();
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new ZooError(
      'download',
      `Expected a picture at ${String(address)} but it can't be had: ${words}. Check the address.`,
      {
        cause,
      },
    );
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

async function readBounded(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    pieces.push(part.value);
    length += part.value.length;
    if (length <= MAXIMUM_BYTES) continue;
    await reader?.cancel();
    throw new Error(`it sends more than ${MAXIMUM_BYTES / 2 ** 20} MiB`);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}
