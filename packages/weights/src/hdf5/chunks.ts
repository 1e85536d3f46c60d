import { readWithin } from '../source/byte-source';

import type { ChunkedData } from './chunk';
import { readChunkIndex } from './chunk-index';
import type { FileContext } from './file-context';
import { undoFilters } from './filters';

/**
 * Chunks reach over their dataset's edges, and pass through a filter or three. So many times a dataset's size may be unpacked for it; what
 * goes beyond is taken from what the whole file may waste.
 */
const SOUND_EXCESS = 16;
/** What starting to unpack a chunk costs, in bytes that are unpacked meanwhile. */
const UNPACKING_COST_BYTES = 16 * 1024;
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
  const data = { ...dataset, chunkBytes };
  const chunks = await readChunkIndex(context, data);
  const perChunk = chunkBytes * (1 + filters.length) + (filters.length > 0 ? UNPACKING_COST_BYTES : 0);
  const work = chunks.length * perChunk;
  context.waste(work - SOUND_EXCESS * result.length);
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
