import { expectFunction, READING_OPTIONS } from '../option-rows';
import type { AnyRow, OptionsOf, OptionTable } from '../option-table';

/** How far a download is. */
export interface DownloadProgress {
  readonly receivedBytes: number;
  /** Undefined where the server doesn't tell. */
  readonly totalBytes: number | undefined;
}

/** Rows for the option tables of calls that download. */
export const DOWNLOAD_OPTIONS = {
  /** How long to wait for a server, and what to take from it. */
  requests: READING_OPTIONS.requests,
  /** Called for each piece that arrives. */
  onProgress: { type: 'any', expected: 'a function', check: expectFunction } as AnyRow<
    (progress: DownloadProgress) => void
  >,
  /** Aborted, the download stops and throws the signal's reason; in Node, what has arrived is kept for the next time. */
  signal: READING_OPTIONS.signal,
} as const satisfies OptionTable;

/** How to download. */
export interface DownloadOptions extends OptionsOf<typeof DOWNLOAD_OPTIONS> {}
