import { UNDEFINED_ADDRESS, type Cursor } from './cursor';
import type { FileContext } from './file-context';

/** Reads one object of a fractal heap by its heap ID. */
export type HeapReader = (id: Cursor) => Promise<Cursor>;

interface HeapHeader {
  readonly offsetBits: number;
  readonly lengthBytes: number;
  readonly rootAddress: number;
  readonly rootRows: number;
  readonly tableWidth: number;
  readonly startingBlockBytes: number;
  readonly maximumDirectBlockBytes: number;
}

/** Opens the fractal heap at `address` (HDF5 file format, III.G), where newer files keep long lists of links and attributes. */
export async function openFractalHeap(context: FileContext, address: number): Promise<HeapReader> {
  const header = await readHeader(context, address);
  return async (id) => {
    const flags = id.u8();
    if (((flags >> 4) & 3) !== 0) {
      throw context.unsupported('huge or tiny heap objects', 'Save it again with Keras or h5py.');
    }
    const offset = id.uint(Math.ceil(header.offsetBits / 8));
    const length = id.uint(header.lengthBytes);
    const block = await findBlock(context, header, offset);
    if (offset + length > block.offset + block.size) throw context.error('has a heap object across blocks');
    return context.cursor(block.address + offset - block.offset, length);
  };
}

async function readHeader(context: FileContext, address: number): Promise<HeapHeader> {
  const { offsetBytes, lengthBytes } = context;
  const cursor = await context.cursor(address, 26 + 12 * lengthBytes + 3 * offsetBytes);
  cursor.expectSignature('FRHP');
  cursor.skip(3);
  const filterBytes = cursor.u16();
  if (filterBytes !== 0) throw context.unsupported('a filtered heap', 'Save it again with Keras or h5py.');
  cursor.skip(1);
  const maximumManagedBytes = cursor.u32();
  cursor.skip(lengthBytes + offsetBytes + lengthBytes + offsetBytes + 8 * lengthBytes);
  const tableWidth = cursor.u16();
  const startingBlockBytes = cursor.length();
  const maximumDirectBlockBytes = cursor.length();
  const offsetBits = cursor.u16();
  cursor.skip(2);
  const rootAddress = cursor.address();
  const rootRows = cursor.u16();
  const sizesAreSound = tableWidth > 0 && startingBlockBytes > 0 && offsetBits > 0 && offsetBits <= 64;
  const sound = sizesAreSound && maximumDirectBlockBytes > 1 && maximumManagedBytes > 0;
  if (!sound) throw context.error('has a heap of impossible sizes');
  const lengthWidth = Math.min(
    Math.ceil(Math.log2(maximumDirectBlockBytes) / 8),
    Math.floor(Math.floor(Math.log2(maximumManagedBytes)) / 8) + 1,
  );
  const sizes = { tableWidth, startingBlockBytes, maximumDirectBlockBytes };
  return { offsetBits, lengthBytes: lengthWidth, rootAddress, rootRows, ...sizes };
}

interface DirectBlock {
  readonly address: number;
  /** Of the block's first byte, in the heap's own numbering. */
  readonly offset: number;
  readonly size: number;
}

/** The direct block that holds the heap's byte `offset`, through the indirect blocks above it. */
async function findBlock(context: FileContext, header: HeapHeader, offset: number): Promise<DirectBlock> {
  if (header.rootRows === 0)
    return { address: header.rootAddress, offset: 0, size: header.startingBlockBytes };
  let block = { address: header.rootAddress, offset: 0, rows: header.rootRows };
  for (let depth = 0; depth < 64; depth++) {
    const { row, column, start, size } = locate(context, header, block.rows, offset - block.offset);
    const child = await childAddress(context, header, block, row * header.tableWidth + column);
    const childOffset = block.offset + start;
    if (child === UNDEFINED_ADDRESS) throw context.error('has a heap object in a block that is not there');
    if (size <= header.maximumDirectBlockBytes) return { address: child, offset: childOffset, size };
    block = { address: child, offset: childOffset, rows: rowsOf(header, size) };
  }
  throw context.error('has a heap without bottom');
}

/** Rows 0 and 1 have blocks of the starting size; each further row doubles it. */
function blockBytes(header: HeapHeader, row: number): number {
  return header.startingBlockBytes * 2 ** Math.max(0, row - 1);
}

function locate(context: FileContext, header: HeapHeader, rows: number, offset: number) {
  let rowStart = 0;
  for (let row = 0; row < rows; row++) {
    const size = blockBytes(header, row);
    const rowEnd = rowStart + size * header.tableWidth;
    if (offset < rowEnd) {
      const column = Math.floor((offset - rowStart) / size);
      return { row, column, start: rowStart + column * size, size };
    }
    rowStart = rowEnd;
  }
  throw context.error('has a heap object beyond its heap');
}

function rowsOf(header: HeapHeader, sizeBytes: number): number {
  return Math.round(Math.log2(sizeBytes) - Math.log2(header.startingBlockBytes * header.tableWidth)) + 1;
}

async function childAddress(
  context: FileContext,
  header: HeapHeader,
  block: { readonly address: number },
  index: number,
): Promise<number> {
  const headBytes = 5 + context.offsetBytes + Math.ceil(header.offsetBits / 8);
  const cursor = await context.cursor(block.address, headBytes + (index + 1) * context.offsetBytes);
  cursor.expectSignature('FHIB');
  cursor.position = headBytes + index * context.offsetBytes;
  return cursor.address();
}
