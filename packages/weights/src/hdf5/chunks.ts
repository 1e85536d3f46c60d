import { readWithin } from '../source/byte-source';

import type { ChunkedData } from './chunk';
import { readChunkIndex } from './chunk-index';
import type { FileContext } from './file-context';
import { undoFilters } from './filters';

/** A chunk may exceed its dataset, which may grow; beyond this it is no sound chunk. */
const MAXIMUM_CHUNK_BYTES = 256 * 1024 * 1024;

/** Chunks reach over their dataset's edges; beyond so many times its size they are no sound chunks. */
const MAXIMUM_EXCESS = 64;
const NO_FILTERS = 0xffffffff;

/** Reads a chunked dataset whole into `result`, row-major; chunks that were never written stay as they are there. */
export async function readChunks(
  context: FileContext,
  dataset: Omit<ChunkedData, 'chunkBytes'>,
  result: Uint8Array,
): Promise<void> {
  const { shape, chunkShape, elementBytes, filters, index } = dataset;
  if (chunkShape.length !== shape.length)
    throw context.error('has chunks of another rank than their dataset');
  const chunkBytes = chunkShape.reduce((product, size) => product * size, elementBytes);
  if (chunkBytes > MAXIMUM_CHUNK_BYTES) throw context.error('has a chunk beyond any sound size');
  const data = { ...dataset, chunkBytes };
  const chunks = await readChunkIndex(context, data);
  if (chunks.length * chunkBytes > Math.max(MAXIMUM_CHUNK_BYTES, MAXIMUM_EXCESS * result.length))
    throw context.error('has chunks far beyond the size of their dataset');
  for (const { address, storedBytes, offset, filterMask } of chunks) {
    const isEdge = offset.some((start, i) => start + chunkShape[i]! > shape[i]!);
    const mask = index.hasPlainEdges && isEdge ? NO_FILTERS : filterMask;
    const stored = await readWithin(context.data, context.baseAddress + address, storedBytes);
    const bytes = await undoFilters(context, stored, filters, mask, chunkBytes);
    copyChunk(bytes, offset, data, result);
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
