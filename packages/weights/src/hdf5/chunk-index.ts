import { readArrayChunks } from './array-chunk-index';
import { readBtreeRecords } from './btree-version-2';
import { chunkCount, readElement, type Chunk, type ChunkedData } from './chunk';
import { readChunkBtree } from './chunk-btree';
import { UNDEFINED_ADDRESS } from './cursor';
import type { FileContext } from './file-context';

/** The chunks of a dataset that were written and lie within it. */
export async function readChunkIndex(context: FileContext, data: ChunkedData): Promise<Chunk[]> {
  const { index, shape, chunkBytes } = data;
  const { address, kind } = index;
  if (address === UNDEFINED_ADDRESS || shape.includes(0)) return [];
  switch (kind) {
    case 'btree-1':
      return readChunkBtree(context, data, address);
    case 'single':
      if ((index.single === undefined) !== (data.filters.length === 0))
        throw context.error('has a chunk whose filters are in doubt');
      return [
        { address, storedBytes: chunkBytes, filterMask: 0, ...index.single, offset: shape.map(() => 0) },
      ];
    case 'implicit':
      return implicitChunks(context, data, address);
    case 'btree-2':
      return readBtreeChunks(context, data, address);
    case 'fixed-array':
    case 'extensible-array':
      return readArrayChunks(context, data, kind, address);
  }
}

/** Chunks that lie one after another, in row-major order of all that the dataset may grow to. */
function implicitChunks(context: FileContext, data: ChunkedData, address: number): Chunk[] {
  const { shape, maximumShape, chunkShape, chunkBytes, filters } = data;
  if (filters.length > 0) throw context.error('has filters on chunks that can have none');
  if (chunkCount(data) * chunkBytes > context.data.sizeBytes)
    throw context.error('has more chunks than bytes for them');
  let positions = [{ place: 0, offset: [] as number[] }];
  shape.forEach((size, i) => {
    const columns = Math.ceil(maximumShape[i]! / chunkShape[i]!);
    const rows = Math.ceil(size / chunkShape[i]!);
    positions = positions.flatMap(({ place, offset }) =>
      Array.from({ length: rows }, (_, at) => ({
        place: (i === 0 ? 0 : place * columns) + at,
        offset: [...offset, at * chunkShape[i]!],
      })),
    );
  });
  return positions.map(({ place, offset }) => {
    const start = address + place * chunkBytes;
    if (!Number.isSafeInteger(start)) throw context.error('has a chunk beyond any sound address');
    return { address: start, storedBytes: chunkBytes, filterMask: 0, offset };
  });
}

/** The chunks in a version 2 B-tree: records of type 10 or, packed, 11. */
async function readBtreeChunks(context: FileContext, data: ChunkedData, address: number): Promise<Chunk[]> {
  const { shape, chunkShape } = data;
  const chunks: Chunk[] = [];
  for (const record of await readBtreeRecords(context, address)) {
    const element = readElement(context, record, data, record.remaining - 8 * shape.length);
    const offset = chunkShape.map((size) => record.uint(8) * size);
    if (element !== undefined) chunks.push({ ...element, offset });
  }
  return chunks.filter(({ offset }) => offset.every((start, i) => start < shape[i]!));
}
