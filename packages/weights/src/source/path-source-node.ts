import { dirname, join } from 'node:path';

import { openRegularFile } from '../node/regular-file';

import { expectLength, type ByteSource } from './byte-source';
import type { UrlSourceOptions } from './url-source';

/** A string that is no URL: in Node it is a path. The file stays open until `close`. */
export async function pathSource(path: string, options: UrlSourceOptions): Promise<ByteSource> {
  options.signal?.throwIfAborted();
  const handle = await openRegularFile(path);
  const { size } = await handle.stat();
  const siblings: ByteSource[] = [];
  return {
    name: path,
    sizeBytes: size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done === length ? bytes : expectLength(bytes.subarray(0, done), length, path);
    },
    async sibling(name) {
      const source = await pathSource(join(dirname(path), name), options);
      siblings.push(source);
      return source;
    },
    async close() {
      await handle.close();
      for (const source of siblings) await source.close?.();
    },
  };
}
