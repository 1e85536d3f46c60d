import { fetchFollowing } from '#fetch-following';

import { isZooError, ZooError } from '../errors';
import { readOptions, type ReadOptions } from '../option-table';

import type { FollowedResponse } from './fetch-following';
import { Patience } from './patience';
import { REQUEST_LIMITS, type RequestLimits } from './request-limits';
import { shownAddress } from './shown-address';

/** How to ask servers: see {@link Transfer}. */
export interface TransferOptions {
  /** Aborted, requests end at once with its reason. */
  signal?: AbortSignal | undefined;
  /** Called instead of the global `fetch`; then redirects are its matter. */
  fetch?: typeof fetch | undefined;
  requests?: RequestLimits | undefined;
  /** What to do when nothing answers, as a sentence. */
  advice?: string | undefined;
}

/** A server's answer, read piece by piece within the limits; its bytes are as they are after any unpacking. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Where it came from, after redirects. */
  readonly address: string;
  /** Headers of the redirects on the way, the first one's first; none in browsers, which hide them. */
  readonly redirects: readonly Headers[];
  /** Length of the body as the server announces it; undefined if it does not, or packs it. */
  readonly announcedBytes: number | undefined;
  /** The next piece, or undefined at the end. */
  read(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** The whole body. */
  bytes(options?: BodyOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Breaks the connection off. */
  cancel(): void;
}

/** How to take a whole body. */
export interface BodyOptions {
  /** The most that it may have. Default the limits' `maximumBytes`. */
  maximumBytes?: number;
  /** Called with the number of bytes so far, after each piece. */
  onReceived?: (bytes: number) => void;
}

const ANNOUNCED_LIMIT_BYTES = 2 ** 30;
const UNANNOUNCED_LIMIT_BYTES = 2 ** 28;

/** Statuses of answers to a request for a range. */
const TO_RANGES: readonly number[] = [206, 416];

/**
 * Requests that belong together, such as those for one file, with limits on time and bytes.
 *
 * Every request to a server that may be untrusted goes through one of these.
 */
export class Transfer {
  private readonly patience: Patience;
  private readonly limits: ReadOptions<typeof REQUEST_LIMITS>;

  constructor(private readonly options: TransferOptions = {}) {
    this.limits = readOptions(REQUEST_LIMITS, options.requests ?? {}, 'options.requests');
    this.patience = new Patience(this.limits);
  }

  /**
   * The answer of `url`, of status 200; to a request for a range (`headers.Range`) also 206, or 416: there is nothing in that range.
   *
   * @param alsoExpected Further statuses that are an answer, for the caller to read.
   * @throws ZooError 'download' if the server does not answer in time or refuses; the signal's reason if it is aborted.
   */
  async request(
    url: string | URL,
    headers: Readonly<Record<string, string>> = {},
    alsoExpected: readonly number[] = [],
  ): Promise<Answer> {
    this.options.signal?.throwIfAborted();
    this.patience.earnRequest();
    const controller = new AbortController();
    const stop = () => {
      controller.abort();
    };
    const followed = await this.wait(
      this.fetch(url, { headers, signal: controller.signal }),
      stop,
      (cause) =>
        new ZooError('download', `${shownAddress(url)} could not be reached. ${this.advice}`, { cause }),
      url,
    );
    const { status } = followed.response;
    const expected = [200, ...('Range' in headers ? TO_RANGES : []), ...alsoExpected];
    if (!expected.includes(status)) {
      stop();
      throw new ZooError(
        'download',
        `Expected a file at ${shownAddress(url)} but the server answered with status ${status}. ${this.advice}`,
      );
    }
    return this.answer(url, followed, controller);
  }

  /** What to do about a file that a server does not give. */
  private get advice(): string {
    return this.options.advice ?? 'Check the address and the network.';
  }

  private async fetch(url: string | URL, init: RequestInit): Promise<FollowedResponse> {
    if (this.options.fetch === undefined) return fetchFollowing(url, init, this.limits);
    const response = await this.options.fetch(url, init);
    return { response, address: response.url === '' ? String(url) : response.url, redirects: [] };
  }

  private answer(
    url: string | URL,
    { response, address, redirects }: FollowedResponse,
    controller: AbortController,
  ): Answer {
    const { status, headers } = response;
    const announcedBytes = announcedLength(headers);
    const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>> | null)?.getReader();
    const stop = () => {
      // Not awaited, because a connection that is torn down may never answer.
      reader?.cancel().catch(() => undefined);
      controller.abort();
    };
    let received = 0;
    let failure: { cause: unknown } | undefined;
    const broken = (cause: unknown) =>
      problem(url, `the connection broke after ${received} bytes`, 'Load it again.', cause);
    const read = async (): Promise<Uint8Array<ArrayBuffer> | undefined> => {
      if (reader === undefined) return undefined;
      this.options.signal?.throwIfAborted();
      if (failure !== undefined) throw failure.cause;
      const { value } = await this.wait(reader.read(), stop, broken, url).catch((cause: unknown) => {
        // An abandoned body reads as an ended one, so a second read must report the error again.
        failure = { cause };
        throw cause;
      });
      received += value?.byteLength ?? 0;
      this.patience.earnBytes(value?.byteLength ?? 0);
      return value;
    };
    const bytes = ({ maximumBytes = this.maximumBytes(announcedBytes), onReceived }: BodyOptions = {}) =>
      collect({ url, read, stop, announcedBytes }, maximumBytes, onReceived);
    return { status, headers, address, redirects, announcedBytes, read, bytes, cancel: stop };
  }

  private maximumBytes(announcedBytes: number | undefined): number {
    const byDefault = announcedBytes === undefined ? UNANNOUNCED_LIMIT_BYTES : ANNOUNCED_LIMIT_BYTES;
    return this.limits.maximumBytes ?? byDefault;
  }

  /** `work`, or what is wrong: it took too long, the signal was raised, or it failed. */
  private wait<Value>(
    work: Promise<Value>,
    stop: () => void,
    failed: (cause: unknown) => ZooError,
    url: string | URL,
  ): Promise<Value> {
    const { signal } = this.options;
    const { ms, words } = this.patience.nextWait();
    this.patience.begin();
    return new Promise<Value>((resolve, reject) => {
      let isWaiting = true;
      const settle = () => {
        if (!isWaiting) return;
        isWaiting = false;
        ended();
        signal?.removeEventListener('abort', abort);
        this.patience.end();
      };
      const giveUp = (reason: Error) => {
        reject(reason);
        settle();
        stop();
      };
      const abort = () => {
        // The caller's own reason, as throwIfAborted throws it.
        giveUp(signal?.reason as Error);
      };
      const ended = afterWaiting(ms, () => {
        giveUp(problem(url, words, 'Load it again, or allow more time.'));
      });
      signal?.addEventListener('abort', abort, { once: true });
      work.then(
        (value) => {
          resolve(value);
          settle();
        },
        (cause: unknown) => {
          giveUp(isZooError(cause) ? cause : failed(cause));
        },
      );
    });
  }
}

const LATE_MS = 500;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls `expire` after so long, unless the function that it returns is called before. */
function afterWaiting(ms: number, expire: () => void): () => void {
  const start = performance.now();
  let timer = setTimeout(
    () => {
      // A thread that was busy has not read what arrived: give it one more turn before the server is blamed.
      if (performance.now() - start > ms + LATE_MS) timer = setTimeout(expire, LATE_MS);
      else expire();
    },
    Math.min(ms, LONGEST_TIMER_MS),
  );
  return () => {
    clearTimeout(timer);
  };
}

interface Body {
  readonly url: string | URL;
  readonly read: Answer['read'];
  readonly stop: () => void;
  readonly announcedBytes: number | undefined;
}

/** The whole body, refused as soon as it is known to be larger than it may be. */
async function collect(
  { url, read, stop, announcedBytes }: Body,
  maximumBytes: number,
  onReceived: BodyOptions['onReceived'],
): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = (verb: string) => {
    stop();
    return problem(
      url,
      `${verb} more than ${maximumBytes} bytes`,
      'Allow more with `maximumBytes` if that is right.',
    );
  };
  if (announcedBytes !== undefined && announcedBytes > maximumBytes) throw tooLarge('it announces');
  // Memory that is not written to costs nothing, so that a lie about the length does not either.
  let bytes = new Uint8Array(announcedBytes ?? 65536);
  let length = 0;
  for (let piece = await read(); piece !== undefined; piece = await read()) {
    const end = length + piece.byteLength;
    if (end > maximumBytes) throw tooLarge('it sends');
    if (end > bytes.length) bytes = grown(bytes, Math.min(Math.max(2 * bytes.length, end), maximumBytes));
    bytes.set(piece, length);
    length = end;
    onReceived?.(length);
  }
  if (announcedBytes !== undefined && length !== announcedBytes) {
    throw problem(url, `${length} bytes came of the ${announcedBytes} that it announces`, 'Load it again.');
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

function grown(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(bytes);
  return larger;
}

/** Content-Length counts what is sent, which a packed body is not. */
function announcedLength(headers: Headers): number | undefined {
  const length = headers.get('content-length');
  const isPacked = headers.get('content-encoding') !== null;
  return isPacked || length === null || !/^\d+$/.test(length) ? undefined : Number(length);
}

function problem(url: string | URL, what: string, advice: string, cause?: unknown): ZooError {
  const options = cause === undefined ? undefined : { cause };
  return new ZooError(
    'download',
    `Expected the file at ${shownAddress(url)} whole but ${what}. ${advice}`,
    options,
  );
}
