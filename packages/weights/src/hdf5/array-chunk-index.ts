import { readElement, type Chunk, type ChunkedData } from './chunk';
import { UNDEFINED_ADDRESS, type Cursor } from './cursor';
import type { FileContext } from './file-context';

/** Bytes of a checksum, which follows each block and page. */
const CHECKSUM_BYTES = 4;

/** Takes `count` elements of an array, of which the first has the index `first`, from a cursor. */
type TakeElements = (cursor: Cursor, first: number, count: number) => void;

/** An array of chunks being read. */
interface ChunkArray {
  readonly context: FileContext;
  readonly elementBytes: number;
  /** Elements of a page; longer lists are cut into pages. */
  readonly pageElements: number;
  readonly take: TakeElements;
}

/** The chunks in a fixed or extensible array (HDF5 file format, VII.C and VII.D): an element for each chunk, in row-major order. */
export async function readArrayChunks(
  context: FileContext,
  data: ChunkedData,
  kind: 'fixed-array' | 'extensible-array',
  address: number,
): Promise<Chunk[]> {
  const offsetOf = chunkOffsets(data);
  const chunks: Chunk[] = [];
  const isFixed = kind === 'fixed-array';
  const { offsetBytes, lengthBytes } = context;
  const headBytes = isFixed ? 8 + lengthBytes + offsetBytes : 12 + 6 * lengthBytes + offsetBytes;
  const head = await context.cursor(address, headBytes);
  head.expectSignature(isFixed ? 'FAHD' : 'EAHD');
  head.skip(2);
  const elementBytes = head.u8();
  const take: TakeElements = (cursor, first, count) => {
    for (let i = 0; i < count; i++) {
      const element = readElement(context, cursor, data, elementBytes);
      const offset = offsetOf(first + i);
      const isWithin = offset.every((start, axis) => start < data.shape[axis]!);
      if (element !== undefined && isWithin) chunks.push({ ...element, offset });
    }
  };
  const array = { context, elementBytes, take };
  await (isFixed ? readFixedArray(array, head) : readExtensibleArray(array, head));
  return chunks;
}

/** Gives the place of a chunk's first element by its index: dimensions in order, but the one without end before all others. */
function chunkOffsets({ shape, maximumShape, chunkShape }: ChunkedData): (index: number) => number[] {
  const endless = Math.max(0, maximumShape.indexOf(Infinity));
  const order = [endless, ...shape.keys()].filter((axis, i) => i === 0 || axis !== endless);
  return (index) => {
    const offset = shape.map(() => 0);
    let rest = index;
    for (const axis of order.slice(1).reverse()) {
      const count = Math.ceil(maximumShape[axis]! / chunkShape[axis]!);
      offset[axis] = (rest % count) * chunkShape[axis]!;
      rest = Math.floor(rest / count);
    }
    offset[endless] = rest * chunkShape[endless]!;
    return offset;
  };
}

async function readFixedArray(array: Omit<ChunkArray, 'pageElements'>, head: Cursor): Promise<void> {
  const { context, elementBytes, take } = array;
  const pageElements = 2 ** head.u8();
  const count = head.length();
  const address = head.address();
  if (address === UNDEFINED_ADDRESS) return;
  const start = 6 + context.offsetBytes;
  if (count <= pageElements) {
    take(await blockAt(context, address, 'FADB', start, count * elementBytes), 0, count);
    return;
  }
  const pages = Math.ceil(count / pageElements);
  const bitmapBytes = Math.ceil(pages / 8);
  const bitmap = (await blockAt(context, address, 'FADB', start, bitmapBytes)).take(bitmapBytes);
  const firstPage = address + start + bitmapBytes + CHECKSUM_BYTES;
  await readPages({ ...array, pageElements }, { address: firstPage, bitmap, firstBit: 0, first: 0, count });
}

/** A list of elements in pages, of which only those are read that were written. */
interface Pages {
  readonly address: number;
  /** A bit for each page that was written; that of this list's first page is `firstBit`. */
  readonly bitmap: Uint8Array;
  readonly firstBit: number;
  /** Index of the first element. */
  readonly first: number;
  readonly count: number;
}

async function readPages(
  { context, elementBytes, pageElements, take }: ChunkArray,
  { address, bitmap, firstBit, first, count }: Pages,
): Promise<void> {
  for (let page = 0; page * pageElements < count; page++) {
    const bit = firstBit + page;
    if ((bitmap[bit >> 3]! & (0x80 >> (bit & 7))) === 0) continue;
    const elements = Math.min(pageElements, count - page * pageElements);
    const start = address + page * (pageElements * elementBytes + CHECKSUM_BYTES);
    take(await context.cursor(start, elements * elementBytes), first + page * pageElements, elements);
  }
}

/** A cursor over the `bodyBytes` of the block at `address` that follow `headBytes`. */
async function blockAt(
  context: FileContext,
  address: number,
  signature: string,
  headBytes: number,
  bodyBytes: number,
): Promise<Cursor> {
  const cursor = await context.cursor(address, headBytes + bodyBytes);
  cursor.expectSignature(signature);
  cursor.position = headBytes;
  return cursor;
}

/**
 * Elements lie in the index block, then in data blocks that grow: super block u has 2^(u/2) of them, each with 2^((u+1)/2) times the
 * least number of elements.
 */
async function readExtensibleArray(unpaged: Omit<ChunkArray, 'pageElements'>, head: Cursor): Promise<void> {
  const { context, elementBytes, take } = unpaged;
  const { offsetBytes, lengthBytes } = context;
  const indexBits = head.u8();
  const [indexElements, leastElements, leastPointers] = [head.u8(), head.u8(), head.u8()];
  const array = { ...unpaged, pageElements: 2 ** head.u8() };
  head.skip(6 * lengthBytes);
  const address = head.address();
  if (address === UNDEFINED_ADDRESS) return;
  const superBlocks = 1 + indexBits - Math.log2(leastElements);
  // The data blocks of the first super blocks are listed in the index block itself.
  const direct = 2 * Math.log2(leastPointers);
  const sound = indexBits <= 64 && Number.isInteger(superBlocks) && Number.isInteger(direct);
  if (!sound || superBlocks < direct) throw context.error('has an index of chunks of impossible sizes');

  const pointers = 2 * (leastPointers - 1) + superBlocks - direct;
  const bodyBytes = indexElements * elementBytes + pointers * offsetBytes;
  const index = await blockAt(context, address, 'EAIB', 6 + offsetBytes, bodyBytes);
  take(index, 0, indexElements);
  const blockHeadBytes = 6 + offsetBytes + Math.ceil(indexBits / 8);
  let first = indexElements;
  for (let level = 0; level < superBlocks; level++) {
    const blocks = 2 ** Math.floor(level / 2);
    const elements = leastElements * 2 ** Math.floor((level + 1) / 2);
    if (level < direct) {
      await readDataBlocks(array, index, { blocks, elements, first, blockHeadBytes });
    } else {
      const superBlock = index.address();
      if (superBlock !== UNDEFINED_ADDRESS) {
        // Room for whole bytes per block, although the bits of all blocks are contiguous.
        const bitmapBytes =
          elements > array.pageElements ? blocks * Math.ceil(elements / array.pageElements / 8) : 0;
        const superBytes = bitmapBytes + blocks * offsetBytes;
        const cursor = await blockAt(context, superBlock, 'EASB', blockHeadBytes, superBytes);
        const bitmap = cursor.take(bitmapBytes);
        await readDataBlocks(array, cursor, { blocks, elements, first, blockHeadBytes, bitmap });
      }
    }
    first += blocks * elements;
  }
}

/** Data blocks of one super block. */
interface DataBlocks {
  readonly blocks: number;
  /** Of each block. */
  readonly elements: number;
  /** Index of the first block's first element. */
  readonly first: number;
  readonly blockHeadBytes: number;
  /** Which pages of each block were written. */
  readonly bitmap?: Uint8Array;
}

async function readDataBlocks(
  array: ChunkArray,
  addresses: Cursor,
  { blocks, elements, first, blockHeadBytes, bitmap }: DataBlocks,
): Promise<void> {
  const { context, elementBytes, pageElements, take } = array;
  const isPaged = elements > pageElements;
  for (let block = 0; block < blocks; block++) {
    const address = addresses.address();
    if (address === UNDEFINED_ADDRESS) continue;
    const start = first + block * elements;
    const bodyBytes = isPaged ? 0 : elements * elementBytes;
    const cursor = await blockAt(context, address, 'EADB', blockHeadBytes, bodyBytes);
    if (!isPaged) {
      take(cursor, start, elements);
      continue;
    }
    if (bitmap === undefined) throw context.error('has an index of chunks of impossible sizes');
    await readPages(array, {
      address: address + blockHeadBytes + CHECKSUM_BYTES,
      bitmap,
      firstBit: block * Math.ceil(elements / pageElements),
      first: start,
      count: elements,
    });
  }
}
