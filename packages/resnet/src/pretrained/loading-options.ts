import {
  expectFunction,
  READING_OPTIONS,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

/** How far a download is. */
export interface DownloadProgress {
  readonly receivedBytes: number;
  /** Undefined where the server doesn't tell. */
  readonly totalBytes: number | undefined;
}

const DOWNLOAD_OPTIONS = {
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

export const LOADING_OPTIONS = {
  ...DOWNLOAD_OPTIONS,
  /**
   * In Node, where downloads are kept. Default `cacheDirectory()` of `@zoo/core`. Browsers keep them in Cache Storage.
   * Of the Hugging Face Hub's files: a folder as Python's `$HF_HUB_CACHE`, the default.
   */
  cacheDirectory: { type: 'text', expected: 'the path of a folder' },
  /** In Node, where Keras keeps its own; read first, never written. Default `$KERAS_HOME/models`, or `~/.keras/models`. */
  kerasDirectory: { type: 'text', expected: 'the path of a folder' },
} as const satisfies OptionTable;

/** Where published files come from and go to. */
export interface LoadingOptions extends OptionsOf<typeof LOADING_OPTIONS> {}
