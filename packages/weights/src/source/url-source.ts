import { ZooError } from '@zoo/core';

import { expectLength, memorySource, type ByteSource } from './byte-source';

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
 * @throws ZooError 'download' if the server refuses, or if the file changes between two requests.
 */
export async function urlSource(url: string | URL, options: UrlSourceOptions = {}): Promise<ByteSource> {
  const name = String(url);
  const request = (first: number, last: number, version?: string) => {
    const headers: Record<string, string> = { Range: `bytes=${first}-${last}` };
    if (version !== undefined) headers['If-Range'] = version;
    return send(url, headers, options);
  };
  const response = await request(0, FIRST_REQUEST_BYTES - 1);
  const total = totalBytes(response);
  const sibling = (file: string) =>
    urlSource(siblingAddress(response.url === '' ? name : response.url, file), options);
  const start = await bodyOf(response, name, options);
  if (total === undefined) return { ...memorySource(start, name), sibling };
  const etag = response.headers.get('etag') ?? undefined;
  // A weak tag can't stand in If-Range (RFC 9110, section 13.1.5).
  const version = etag?.startsWith('W/') === true ? undefined : etag;
  return {
    name,
    sizeBytes: total,
    sibling,
    async read(offset, length) {
      if (length === 0) return new Uint8Array(0);
      if (offset + length <= start.byteLength) return start.slice(offset, offset + length);
      const part = await request(offset, offset + length - 1, version);
      if (totalBytes(part) !== total) {
        await part.body?.cancel();
        throw new ZooError(
          'download',
          `Expected ${name} to stay as it was but it changed while it was read. Load it again.`,
        );
      }
      return expectLength(await bodyOf(part, name, options), length, name);
    },
  };
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
  { signal }: UrlSourceOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ZooError(
      'download',
      `Expected ${name} whole but the connection broke while it arrived. Load it again.`,
      { cause },
    );
  }
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
