import {
  contentRange,
  expectRange,
  shownAddress,
  Transfer,
  ZooError,
  type Answer,
  type ContentRange,
} from '@zoo/core';
import {
  expectFunction,
  READING_OPTIONS,
  readOptions,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import type { RangeBody } from './body-stream';
import { memorySource, type ByteSource } from './byte-source';
import { RangeReader } from './range-reader';

/** {@link UrlSourceOptions}, as data. */
export const URL_SOURCE_OPTIONS = {
  ...READING_OPTIONS,
  /** Called instead of the global `fetch`; redirects are then its matter. */
  fetch: { type: 'any', expected: 'a function like `fetch`', check: expectFunction } as AnyRow<typeof fetch>,
} as const satisfies OptionTable;

/** How to reach an address: see {@link urlSource}. */
export interface UrlSourceOptions extends OptionsOf<typeof URL_SOURCE_OPTIONS> {}

const FIRST_REQUEST_BYTES = 65536;
/** Bytes that one read may ask for: a server that claims a file of a terabyte does not get the memory for it. */
const READ_LIMIT_BYTES = 2 ** 30;

/**
 * The file at `url` as a {@link ByteSource}, read by range requests; a server that does not know them sends the whole file once.
 *
 * Consecutive reads are answered from one request to the end of the file. It is aborted when reading continues elsewhere or the source is
 * closed; bytes that are under way then are wasted.
 *
 * `options.requests` limits waiting, sizes and redirects: see `RequestLimits` of `@zoo/core`.
 *
 * @throws ZooError 'download' if the server refuses, answers another range than was asked for, sends more or less than it announces or
 *   takes too long, or if the file changes between two requests.
 */
export async function urlSource(url: string | URL, options: UrlSourceOptions = {}): Promise<ByteSource> {
  readOptions(URL_SOURCE_OPTIONS, options);
  const transfer = new Transfer(options);
  const opened = await open(url, transfer);
  const siblings: ByteSource[] = [];
  const sibling = async (file: string) => {
    const source = await urlSource(siblingAddress(opened.address, file), options);
    siblings.push(source);
    return source;
  };
  const closeSiblings = async () => {
    for (const source of siblings) await source.close?.();
  };
  // A data: address contains the whole file, so it is shortened.
  const name = shownAddress(url);
  const { start, version } = opened;
  if (version === undefined) return { ...memorySource(start, name), sibling, close: closeSiblings };
  const request = (first: number, last: number) => requestRange(url, { first, last }, version, transfer);
  const reader = new RangeReader({ name, sizeBytes: version.total, request }, start.byteLength);
  const limitBytes = options.requests?.maximumBytes ?? READ_LIMIT_BYTES;
  return {
    name,
    sizeBytes: version.total,
    sibling,
    async read(offset, length) {
      options.signal?.throwIfAborted();
      if (length === 0) return new Uint8Array(0);
      if (offset + length <= start.byteLength) return start.slice(offset, offset + length);
      if (length > limitBytes) {
        const advice = 'Allow more with `maximumBytes` if that is right.';
        throw failure(url, `a piece of ${length} bytes is asked for, more than ${limitBytes}. ${advice}`);
      }
      return reader.read(offset, length);
    },
    async close() {
      await reader.close();
      await closeSiblings();
    },
  };
}

/** What tells one content of an address from another. */
interface Version {
  readonly total: number;
  readonly etag: string | null;
  readonly modified: string | null;
}

interface Opened {
  /** The first bytes, or all. */
  readonly start: Uint8Array<ArrayBuffer>;
  readonly address: string;
  /** Undefined where `start` is all. */
  readonly version: Version | undefined;
}

async function open(url: string | URL, transfer: Transfer): Promise<Opened> {
  const asked = { first: 0, last: FIRST_REQUEST_BYTES - 1 };
  const answer = await transfer.request(url, rangeHeaders(asked));
  const { status, address } = answer;
  if (status === 200) return { start: await answer.bytes(), address, version: undefined };
  const range = status === 206 ? contentRange(answer.headers) : undefined;
  if (range === undefined) {
    // An empty file (416), a header that this page may not read, or bytes that are counted packed: the whole file, then.
    answer.cancel();
    return openWhole(url, transfer);
  }
  expectAnswered(url, answer, range, asked);
  const length = range.last + 1;
  const body = exactBody(url, answer, length);
  return { start: await readAll(body, length), address, version: versionOf(answer.headers, range) };
}

async function openWhole(url: string | URL, transfer: Transfer): Promise<Opened> {
  const answer = await transfer.request(url);
  return { start: await answer.bytes(), address: answer.address, version: undefined };
}

async function requestRange(
  url: string | URL,
  asked: { first: number; last: number },
  version: Version,
  transfer: Transfer,
): Promise<RangeBody> {
  const answer = await transfer.request(url, rangeHeaders(asked, version.etag));
  const range = answer.status === 206 ? contentRange(answer.headers) : undefined;
  const now = range && versionOf(answer.headers, range);
  if (now?.total !== version.total || now.etag !== version.etag || now.modified !== version.modified) {
    answer.cancel();
    throw new ZooError(
      'download',
      `Expected ${shownAddress(url)} to stay as it was but it changed while it was read. Load it again.`,
    );
  }
  expectAnswered(url, answer, range!, asked);
  return exactBody(url, answer, asked.last + 1 - asked.first);
}

function rangeHeaders(
  asked: { first: number; last: number },
  etag: string | null = null,
): Record<string, string> {
  const range = { Range: `bytes=${asked.first}-${asked.last}` };
  // A weak tag can't stand in If-Range (RFC 9110, section 13.1.5).
  return etag === null || etag.startsWith('W/') ? range : { ...range, 'If-Range': etag };
}

function versionOf(headers: Headers, { total }: ContentRange): Version {
  return { total, etag: headers.get('etag'), modified: headers.get('last-modified') };
}

function expectAnswered(
  url: string | URL,
  answer: Answer,
  range: ContentRange,
  asked: { first: number; last: number },
): void {
  const last = Math.min(asked.last, range.total - 1);
  const length = last + 1 - asked.first;
  try {
    expectRange(shownAddress(url), range, { first: asked.first, last });
    if (answer.announcedBytes === undefined || answer.announcedBytes === length) return;
    throw failure(url, `the server announces ${answer.announcedBytes} bytes for a range of ${length}.`);
  } catch (error) {
    answer.cancel();
    throw error;
  }
}

/** The body of `answer`, held to the `length` bytes that it should have. */
function exactBody(url: string | URL, answer: Answer, length: number): RangeBody {
  let received = 0;
  return {
    async read() {
      const piece = await answer.read();
      received += piece?.byteLength ?? 0;
      if (piece === undefined ? received === length : received <= length) return piece;
      answer.cancel();
      const sent = piece === undefined ? `${received} bytes and no more` : 'more';
      throw failure(url, `the server sends ${sent} for a range of ${length}. Load it again.`);
    },
    cancel: () => {
      answer.cancel();
    },
  };
}

async function readAll(body: RangeBody, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let position = 0;
  for (let piece = await body.read(); piece !== undefined; piece = await body.read()) {
    bytes.set(piece, position);
    position += piece.byteLength;
  }
  return bytes;
}

function siblingAddress(address: string, file: string): string {
  return new URL(encodeURIComponent(file), address).href;
}

const failure = (url: string | URL, problem: string): ZooError =>
  new ZooError('download', `Expected ${shownAddress(url)} whole but ${problem}`);
