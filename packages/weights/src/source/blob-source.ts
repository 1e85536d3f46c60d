import { isZooError } from '@zoo/core';

import type { RangeBody } from './body-stream';
import { invalidFile, type ByteSource } from './byte-source';
import { RangeReader } from './range-reader';

/** A Blob or File as a {@link ByteSource}: the browser reads little more than the requested bytes from disk. */
export function blobSource(blob: Blob): ByteSource {
  const name = 'name' in blob && typeof blob.name === 'string' && blob.name !== '' ? blob.name : 'the file';
  const slice = (first: number, last: number) => Promise.resolve(blobBody(blob.slice(first, last + 1)));
  const reader = new RangeReader({ name, sizeBytes: blob.size, request: slice }, 0);
  return {
    name,
    sizeBytes: blob.size,
    async read(offset, length) {
      try {
        return await reader.read(offset, length);
      } catch (cause) {
        // The chosen file was changed, moved or removed since.
        throw isZooError(cause)
          ? cause
          : invalidFile(name, 'can no longer be read', 'Choose it again.', cause);
      }
    },
    close: () => reader.close(),
  };
}

function blobBody(blob: Blob): RangeBody {
  const reader = (blob.stream() as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  return {
    read: async () => (await reader.read()).value,
    cancel: () => {
      reader.cancel().catch(() => undefined);
    },
  };
}
