import { readWithin } from '../source/byte-source';

import { UNDEFINED_ADDRESS } from './cursor';
import type { FileContext } from './file-context';
import { undoFilters, type Filter } from './filters';

interface Chunk {
  readonly address: number;
  readonly storedBytes: number;
  readonly filterMask: number;
  /** Of the chunk's first element. */
  readonly offset: readonly number[];
}

/** A dataset stored in chunks: its shape, that of a chunk, the size of an element and the way chunks were packed. */
export interface ChunkedData {
  readonly index: number;
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly elementBytes: number;
  readonly filters: readonly Filter[];
}

/** A chunk may exceed its dataset, which may grow; beyond this it is no sound chunk. */
const MAXIMUM_CHUNK_BYTES = 256 * 1024 * 1024;

/** Reads a chunked dataset whole into `result`, row-major; chunks that were never written stay as they are there. */
export async function readChunks(context: FileContext, data: ChunkedData, result: Uint8Array): Promise<void> {
  const { shape, chunkShape, elementBytes } = data;
  if (chunkShape.length !== shape.length)
    throw context.error('has chunks of another rank than their dataset');
  const chunkBytes = chunkShape.reduce((product, size) => product * size, elementBytes);
  if (chunkBytes > MAXIMUM_CHUNK_BYTES) throw context.error('has a chunk beyond any sound size');
  for (const chunk of await readChunkIndex(context, data)) {
    const stored = await readWithin(context.data, context.baseAddress + chunk.address, chunk.storedBytes);
    const bytes = await undoFilters(context, stored, data.filters, chunk.filterMask, chunkBytes);
    copyChunk(bytes, chunk.offset, data, result);
  }
}

/** Copies a chunk's rows into the dataset, as far as they lie within it. */
function copyChunk(
  bytes: Uint8Array,
  offset: readonly number[],
  { shape, chunkShape, elementBytes }: ChunkedData,
  result: Uint8Array,
): void {
  const last = shape.length - 1;
  const rowElements = Math.min(chunkShape[last]!, shape[last]! - offset[last]!);
  if (rowElements <= 0) return;
  const visit = (dimension: number, chunkRow: number, dataRow: number): void => {
    if (dimension === last) {
      const from = chunkRow * chunkShape[last]! * elementBytes;
      const to = (dataRow * shape[last]! + offset[last]!) * elementBytes;
      result.set(bytes.subarray(from, from + rowElements * elementBytes), to);
      return;
    }
    const count = Math.min(chunkShape[dimension]!, shape[dimension]! - offset[dimension]!);
    for (let i = 0; i < count; i++) {
      const nextData = dataRow * shape[dimension]! + offset[dimension]! + i;
      visit(dimension + 1, chunkRow * chunkShape[dimension]! + i, nextData);
    }
  };
  visit(0, 0, 0);
}

/** The chunks in a version 1 B-tree (HDF5 file format, III.A.1). */
async function readChunkIndex(context: FileContext, data: ChunkedData): Promise<Chunk[]> {
  if (data.index === UNDEFINED_ADDRESS) return [];
  const { shape, chunkShape } = data;
  const maximumChunks = shape.reduce((count, size, i) => count * Math.ceil(size / chunkShape[i]!), 1);
  const chunks: Chunk[] = [];
  const seen = new Set<number>();
  const visit = async (address: number): Promise<void> => {
    if (seen.has(address)) throw context.error('has an index of chunks that runs in a circle');
    seen.add(address);
    const head = await context.cursor(address, 8);
    head.expectSignature('TREE');
    if (head.u8() !== 1) throw context.error('has a group where an index of chunks should be');
    const level = head.u8();
    const count = head.u16();
    const entryBytes = 8 + 8 * (shape.length + 1) + context.offsetBytes;
    const body = await context.cursor(address + 8 + 2 * context.offsetBytes, count * entryBytes);
    for (let i = 0; i < count; i++) {
      const storedBytes = body.u32();
      const filterMask = body.u32();
      const offset = shape.map(() => body.uint(8));
      body.skip(8);
      const child = body.address();
      if (level > 0) await visit(child);
      else chunks.push({ address: child, storedBytes, filterMask, offset });
      if (chunks.length > maximumChunks) throw context.error('has more chunks than its dataset');
    }
  };
  await visit(data.index);
  return chunks;
}
