import { chunkCount, type Chunk, type ChunkedData } from './chunk';
import type { FileContext } from './file-context';

/** The chunks in a version 1 B-tree (HDF5 file format, III.A.1). */
export async function readChunkBtree(
  context: FileContext,
  data: ChunkedData,
  root: number,
): Promise<Chunk[]> {
  const { shape } = data;
  const maximumChunks = chunkCount(data);
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
  await visit(root);
  return chunks;
}
