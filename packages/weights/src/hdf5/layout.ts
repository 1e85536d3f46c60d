import type { ChunkIndex, ChunkIndexKind } from './chunk';
import type { Cursor } from './cursor';
import type { FileContext } from './file-context';

/** Where a dataset's numbers lie. */
export type Layout =
  | { readonly kind: 'compact'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'contiguous'; readonly address: number; readonly sizeBytes: number | undefined }
  | { readonly kind: 'chunked'; readonly index: ChunkIndex; readonly chunkShape: readonly number[] };

/** By the numbers that HDF5 1.10 gives them. */
const INDEX_KINDS: readonly (ChunkIndexKind | undefined)[] = [
  undefined,
  'single',
  'implicit',
  'fixed-array',
  'extensible-array',
  'btree-2',
];
/** Bytes of the settings of an index, which the index itself repeats, by kind. */
const SETTINGS_BYTES: Partial<Record<ChunkIndexKind, number>> = {
  'fixed-array': 1,
  'extensible-array': 5,
  'btree-2': 6,
};

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
  if (version === 4) return readNewChunks(context, cursor);
  const rank = cursor.u8() - 1;
  const index = btreeAt(cursor.address());
  return { kind: 'chunked', index, chunkShape: chunkShape(context, cursor, rank) };
}

/** Chunks as HDF5 1.10 lists them. */
function readNewChunks(context: FileContext, cursor: Cursor): Layout {
  const flags = cursor.u8();
  const rank = cursor.u8() - 1;
  const width = cursor.u8();
  const shape = chunkShape(context, cursor, rank, width);
  // The last size is that of an element.
  cursor.skip(width);
  const kind = INDEX_KINDS[cursor.u8()];
  if (kind === undefined) throw context.error('lists its chunks in an unknown way');
  cursor.skip(SETTINGS_BYTES[kind] ?? 0);
  const isPackedSingle = kind === 'single' && (flags & 2) !== 0;
  const single = isPackedSingle ? { storedBytes: cursor.length(), filterMask: cursor.u32() } : undefined;
  const index = { kind, address: cursor.address(), hasPlainEdges: (flags & 1) !== 0 };
  return { kind: 'chunked', index: single === undefined ? index : { ...index, single }, chunkShape: shape };
}

function btreeAt(address: number): ChunkIndex {
  return { kind: 'btree-1', address, hasPlainEdges: false };
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
  return { kind: 'chunked', index: btreeAt(address), chunkShape: chunkShape(context, cursor, rank - 1) };
}

function chunkShape(context: FileContext, cursor: Cursor, rank: number, width = 4): number[] {
  const shape = Array.from({ length: Math.max(0, rank) }, () => cursor.uint(width));
  if (shape.length === 0 || shape.includes(0)) throw context.error('has chunks of no size');
  return shape;
}
