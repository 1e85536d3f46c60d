import { isZooError, ZooError } from '@zoo/core';

import { memorySource, type ByteSource } from './byte-source';
import { RangeReader } from './range-reader';

/** How to reach an address: see {@link urlSource}. */
export interface UrlSourceOptions {
  /** Aborts the requests. */
  signal?: AbortSignal;
  /** Called instead of the global `fetch`. */
  fetch?: typeof fetch;
}

const FIRST_REQUEST_BYTES = 65536;

/**
 * The file at `url` as a {@link ByteSource}, read by range requests; a server that does not know them sends the whole file once.
 *
 * Reads that follow each other are answered from one request that goes on to the end of the file, broken off when reading goes on
 * elsewhere or the source is closed; what is on its way by then arrives for nothing.
 *
 * @throws ZooError 'download' if the server refuses, or if the file changes between two requests.
 */
export async function urlSource(url: string | URL, options: UrlSourceOptions = {}): Promise<ByteSource> {
  const name = String(url);
  const response = await send(url, rangeHeaders(0, FIRST_REQUEST_BYTES - 1), options);
  const total = totalBytes(response);
  const siblings: ByteSource[] = [];
  const sibling = async (file: string) => {
    const source = await urlSource(siblingAddress(response.url === '' ? name : response.url, file), options);
    siblings.push(source);
    return source;
  };
  const start = await bodyOf(response, name, options);
  const closeSiblings = async () => {
    for (const source of siblings) await source.close?.();
  };
  if (total === undefined) return { ...memorySource(start, name), sibling, close: closeSiblings };
  const etag = response.headers.get('etag') ?? undefined;
  // A weak tag can't stand in If-Range (RFC 9110, section 13.1.5).
  const version = etag?.startsWith('W/') === true ? undefined : etag;
  const request = async (first: number, last: number): Promise<Response> => {
    const part = await send(url, rangeHeaders(first, last, version), options);
    if (totalBytes(part) === total) return part;
    await part.body?.cancel();
    throw new ZooError(
      'download',
      `Expected ${name} to stay as it was but it changed while it was read. Load it again.`,
    );
  };
  const reader = new RangeReader({ name, sizeBytes: total, request }, start.byteLength);
  return {
    name,
    sizeBytes: total,
    sibling,
    async read(offset, length) {
      if (length === 0) return new Uint8Array(0);
      if (offset + length <= start.byteLength) return start.slice(offset, offset + length);
      try {
        return await reader.read(offset, length);
      } catch (cause) {
        throw brokenOff(name, cause, options);
      }
    },
    async close() {
      await reader.close();
      await closeSiblings();
    },
  };
}

function rangeHeaders(first: number, last: number, version?: string): Record<string, string> {
  const range = { Range: `bytes=${first}-${last}` };
  return version === undefined ? range : { ...range, 'If-Range': version };
}

async function send(
  url: string | URL,
  headers: Record<string, string>,
  options: UrlSourceOptions,
): Promise<Response> {
  const fetchNow = options.fetch ?? globalThis.fetch;
  let response: Response;
  try {
    response = await fetchNow(url, { headers, ...(options.signal && { signal: options.signal }) });
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw new ZooError(
      'download',
      `Expected an answer from ${String(url)} but there was none. Check the address and the network.`,
      { cause },
    );
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw new ZooError(
    'download',
    `Expected a file at ${String(url)} but the server answered ${response.status} ${response.statusText}.`,
  );
}

/** What the answer holds; a connection may still break, or the signal be raised, while it arrives. */
async function bodyOf(
  response: Response,
  name: string,
  options: UrlSourceOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw brokenOff(name, cause, options);
  }
}

/** Why a body did not arrive: the signal's reason, an error of ours as it is, or that the connection broke. */
function brokenOff(name: string, cause: unknown, { signal }: UrlSourceOptions): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (isZooError(cause)) return cause;
  return new ZooError(
    'download',
    `Expected ${name} whole but the connection broke while it arrived. Load it again.`,
    { cause },
  );
}

/** Length of the whole file behind a partial answer; undefined if the answer is the whole file. */
function totalBytes(response: Response): number | undefined {
  // A transport encoding would count other bytes than those that arrive here.
  if (response.status !== 206 || response.headers.get('content-encoding') !== null) return undefined;
  const match = /^bytes \d+-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
  return match === null ? undefined : Number(match[1]);
}

function siblingAddress(address: string, file: string): string {
  return new URL(encodeURIComponent(file), address).href;
}
