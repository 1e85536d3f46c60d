import { ArgumentError, readOptions, type AnyRow, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { epochLine } from '../epoch-line';

import type { Callback } from './callback';

const REMOTE_MONITOR_OPTIONS = {
  /** Where to post, http or https. */
  url: {
    type: 'text',
    expected: 'an http or https address',
    isRequired: true,
  },
  /** What else a request says: `{ authorization: 'Bearer ...' }`. */
  headers: { type: 'any', expected: 'an object of texts' } as AnyRow<Readonly<Record<string, string>>>,
  /** After this long a request is abandoned. Default 5,000. */
  timeoutMs: { type: 'number', minimum: 0, exclusiveMinimum: true, default: 5000 },
  /** Told of a request that failed. Default: `console.warn`, of the first failure. */
  onError: { type: 'any', expected: 'a function of the error' } as AnyRow<(error: Error) => void>,
  /** In place of the global `fetch`. */
  fetch: { type: 'any', expected: 'a function as fetch' } as AnyRow<typeof fetch>,
} as const satisfies OptionTable;

/** Options of {@link remoteMonitor}. */
export interface RemoteMonitorOptions extends OptionsOf<typeof REMOTE_MONITOR_OPTIONS> {}

/**
 * Posts a line of JSON after each epoch, as `jsonLinesLogger` writes it: `{"epoch":1,"step":48,"durationMs":1234,"loss":...}`.
 *
 * Training does not wait for answers and does not fail without them. Requests are sent one after the other, each for at most `timeoutMs`;
 * those that are not sent when the run ends have `timeoutMs` more.
 *
 * @throws ArgumentError for an address that is not of http or https.
 */
export function remoteMonitor(options: RemoteMonitorOptions): Callback {
  const settled = readOptions(REMOTE_MONITOR_OPTIONS, options);
  const { headers, timeoutMs } = settled;
  const { href, host } = httpAddress(settled.url);
  const send = settled.fetch ?? fetch;
  let hasFailed = false;
  const fail = (error: unknown): void => {
    const failure = new Error(`Posting to ${host} failed: ${reasonOf(error)}`, { cause: error });
    try {
      if (settled.onError !== undefined) settled.onError(failure);
      else if (!hasFailed) console.warn(failure.message);
    } catch {
      // A listener's error must not end the run either.
    }
    hasFailed = true;
  };
  let ended = new AbortController();
  let sending: Promise<void> = Promise.resolve();
  const post = async (body: string, run: AbortSignal): Promise<void> => {
    try {
      const signal = AbortSignal.any([run, AbortSignal.timeout(timeoutMs)]);
      const answer = await send(href, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
        signal,
      });
      // The connection is in use until the body is read.
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`status ${answer.status}`);
    } catch (error) {
      fail(error);
    }
  };
  return {
    name: 'remoteMonitor',
    isForFirstRank: true,
    onTrainBegin: () => {
      ended = new AbortController();
      hasFailed = false;
    },
    onEpochEnd: (_run, record) => {
      const { signal } = ended;
      const body = epochLine(record);
      sending = sending.then(() => post(body, signal));
    },
    onSettled: async () => {
      const giveUp = setTimeout(() => ended.abort(new Error('the run is over')), timeoutMs);
      await sending;
      clearTimeout(giveUp);
    },
  };
}

/** What fetch says is in the cause: the connection was refused, or the name is unknown. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const told = cause instanceof Error && cause.message !== '' ? cause : error;
  return told instanceof Error ? told.message : String(told);
}

function httpAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw new ArgumentError('options.url', 'an http or https address', text);
}
