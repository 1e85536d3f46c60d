import type { ByteSource } from './byte-source';
import { urlSource, type UrlSourceOptions } from './url-source';

/** A string that is no absolute URL: outside Node it is an address relative to the page. */
export function pathSource(path: string, options: UrlSourceOptions): Promise<ByteSource> {
  return urlSource(path, options);
}
