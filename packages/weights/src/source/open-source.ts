import { pickOptions, readOptions } from '@zoo/core/options';

import { pathSource } from '#path-source';

import { blobSource } from './blob-source';
import { isByteSource, memorySource, rejectSource, type ByteSource } from './byte-source';
import { URL_SOURCE_OPTIONS, urlSource, type UrlSourceOptions } from './url-source';

/**
 * What a weight file can come from: in Node a path or `file:` URL; anywhere an http(s) URL, Blob, File, ArrayBuffer, bytes
 * or a {@link ByteSource} of your own. In browsers a string is an address, relative to the page or absolute.
 */
export type WeightFile = string | URL | Blob | ArrayBuffer | Uint8Array | ByteSource;

/** Opens `file` for reading; whoever opens it closes it. */
export async function openSource(file: WeightFile, options: UrlSourceOptions = {}): Promise<ByteSource> {
  readOptions(URL_SOURCE_OPTIONS, options);
  if (typeof file === 'string') {
    return /^(https?|blob|data):/i.test(file) ? urlSource(file, options) : pathSource(file, options);
  }
  if (file instanceof URL) {
    return file.protocol === 'file:'
      ? pathSource(decodeURIComponent(file.pathname), options)
      : urlSource(file, options);
  }
  if (file instanceof ArrayBuffer || file instanceof Uint8Array) return memorySource(file);
  if (typeof Blob !== 'undefined' && file instanceof Blob) return blobSource(file);
  if (isByteSource(file)) return file;
  return rejectSource(file);
}

/** Runs `use` on `file` opened with those of `options` that say how, and closes it whatever happens; a {@link ByteSource} that the caller gave stays open. */
export async function withSource<Result>(
  file: WeightFile,
  options: UrlSourceOptions,
  use: (source: ByteSource) => Promise<Result>,
): Promise<Result> {
  const source = await openSource(file, pickOptions(URL_SOURCE_OPTIONS, options));
  try {
    return await use(source);
  } finally {
    if (source !== file) await source.close?.();
  }
}
