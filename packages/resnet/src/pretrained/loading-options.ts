import type { RequestLimits } from '@zoo/core';
import type { ReadOptions } from '@zoo/weights';

/** How far a download is. */
export interface DownloadProgress {
  readonly receivedBytes: number;
  /** Undefined where the server doesn't tell. */
  readonly totalBytes: number | undefined;
}

/** How to download. */
export interface DownloadOptions {
  /** How long to wait for a server, and what to take from it. */
  requests?: RequestLimits;
  /** Called for each piece that arrives. */
  onProgress?: (progress: DownloadProgress) => void;
  /** Aborted, the download stops and throws the signal's reason; in Node, what has arrived is kept for the next time. */
  signal?: AbortSignal;
}

/** Where published files come from and go to. */
export interface LoadingOptions extends DownloadOptions {
  /** In Node, where downloads are kept. Default `cacheDirectory()` of `@zoo/core`. Browsers keep them in Cache Storage. */
  cacheDirectory?: string;
  /** In Node, where Keras keeps its own; read first, never written. Default `$KERAS_HOME/models`, or `~/.keras/models`. */
  kerasDirectory?: string;
}

/** What of `options` the readers of files take. */
export function readOptions({ signal, requests }: ReadOptions): ReadOptions {
  return { ...(signal && { signal }), ...(requests && { requests }) };
}
