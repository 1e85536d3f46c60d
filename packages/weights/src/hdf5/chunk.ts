import { UNDEFINED_ADDRESS, type Cursor } from './cursor';
import type { FileContext } from './file-context';
import type { Filter } from './filters';

/** How a dataset's chunks are listed: in a B-tree of old, or in one of the five ways of HDF5 1.10. */
export type ChunkIndexKind =
  'btree-1' | 'single' | 'implicit' | 'fixed-array' | 'extensible-array' | 'btree-2';

/** The list of a dataset's chunks. */
export interface ChunkIndex {
  readonly kind: ChunkIndexKind;
  /** Of the list, or of the data if the list is implicit or of a single chunk. */
  readonly address: number;
  /** The bytes and the filter mask of a single chunk that is packed. */
  readonly single?: { readonly storedBytes: number; readonly filterMask: number };
  /** Whether chunks that reach over the dataset's end are stored without filters. */
  readonly hasPlainEdges: boolean;
}

/** A dataset stored in chunks: its shape, that of a chunk, the size of an element and the way chunks were packed. */
export interface ChunkedData {
  readonly index: ChunkIndex;
  readonly shape: readonly number[];
  /** What the shape may grow to; infinite where it has no end. */
  readonly maximumShape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly chunkBytes: number;
  readonly elementBytes: number;
  readonly filters: readonly Filter[];
}

/** Chunks that a dataset of this shape takes. */
export function chunkCount({ shape, chunkShape }: Pick<ChunkedData, 'shape' | 'chunkShape'>): number {
  return shape.reduce((count, size, i) => count * Math.ceil(size / chunkShape[i]!), 1);
}

/** A chunk as it lies in the file. */
export interface Chunk {
  readonly address: number;
  readonly storedBytes: number;
  readonly filterMask: number;
  /** Of the chunk's first element. */
  readonly offset: readonly number[];
}

/**
 * What an index of HDF5 1.10 says of one chunk, in `elementBytes`: its address and, if chunks are packed, the bytes it takes and the
 * filters left out. Undefined if the chunk was never written.
 */
export function readElement(
  context: FileContext,
  cursor: Cursor,
  { filters, chunkBytes }: ChunkedData,
  elementBytes: number,
): Omit<Chunk, 'offset'> | undefined {
  const isPacked = filters.length > 0;
  const sizeWidth = elementBytes - context.offsetBytes - 4;
  if (isPacked ? sizeWidth < 1 || sizeWidth > 8 : elementBytes !== context.offsetBytes)
    throw context.error('lists its chunks in entries of a wrong size');
  const address = cursor.address();
  const storedBytes = isPacked ? cursor.uint(sizeWidth) : chunkBytes;
  const filterMask = isPacked ? cursor.u32() : 0;
  return address === UNDEFINED_ADDRESS ? undefined : { address, storedBytes, filterMask };
}
