import type { Cursor } from './cursor';
import type { FileContext } from './file-context';

/** Where a dataset's numbers lie. */
export type Layout =
  | { readonly kind: 'compact'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'contiguous'; readonly address: number; readonly sizeBytes: number | undefined }
  | { readonly kind: 'chunked'; readonly index: number; readonly chunkShape: readonly number[] };

const RESAVE = 'Save it again with h5py or Keras, which lay data out plainly.';

/** Parses a data layout message (HDF5 file format, IV.A.2.i). */
export function readLayout(context: FileContext, cursor: Cursor): Layout {
  const version = cursor.u8();
  if (version === 1 || version === 2) return readOldLayout(context, cursor);
  if (version !== 3 && version !== 4) throw context.error(`lays data out in an unknown version, ${version}`);
  const layoutClass = cursor.u8();
  if (layoutClass === 0) {
    return { kind: 'compact', bytes: cursor.take(cursor.u16()) };
  }
  if (layoutClass === 1) {
    return { kind: 'contiguous', address: cursor.address(), sizeBytes: cursor.length() };
  }
  if (layoutClass === 3)
    throw context.unsupported('a virtual dataset', 'Such a file is not followed elsewhere.');
  if (layoutClass !== 2) throw context.error('lays data out in an unknown way');
  if (version === 4) throw context.unsupported('an index of chunks of HDF5 1.10', RESAVE);
  const rank = cursor.u8() - 1;
  const index = cursor.address();
  return { kind: 'chunked', index, chunkShape: chunkShape(context, cursor, rank) };
}

function readOldLayout(context: FileContext, cursor: Cursor): Layout {
  const rank = cursor.u8();
  const layoutClass = cursor.u8();
  cursor.skip(5);
  if (layoutClass === 0) {
    cursor.skip(4 * rank);
    return { kind: 'compact', bytes: cursor.take(cursor.u32()) };
  }
  const address = cursor.address();
  if (layoutClass === 1) return { kind: 'contiguous', address, sizeBytes: undefined };
  return { kind: 'chunked', index: address, chunkShape: chunkShape(context, cursor, rank - 1) };
}

function chunkShape(context: FileContext, cursor: Cursor, rank: number): number[] {
  const shape = Array.from({ length: Math.max(0, rank) }, () => cursor.u32());
  if (shape.length === 0 || shape.includes(0)) throw context.error('has chunks of no size');
  return shape;
}
