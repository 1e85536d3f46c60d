import { open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { ZooError } from '@zoo/core';

import { expectLength, type ByteSource } from './byte-source';
import type { UrlSourceOptions } from './url-source';

/** A string that is no URL: in Node it is a path. The file stays open until `close`. */
export async function pathSource(path: string, options: UrlSourceOptions): Promise<ByteSource> {
  options.signal?.throwIfAborted();
  const handle = await openFile(path);
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

async function openFile(path: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new ZooError(
      'invalid-file',
      `Expected a readable file at ${path} but it can't be opened (${reason}). Check the path.`,
      { cause },
    );
  }
  const stats = await handle.stat();
  if (stats.isFile()) return handle;
  await handle.close();
  throw new ZooError('invalid-file', `Expected a file at ${path} but it is a folder or device.`);
}
