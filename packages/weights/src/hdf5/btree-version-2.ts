import { UNDEFINED_ADDRESS, type Cursor } from './cursor';
import type { FileContext } from './file-context';

const MAXIMUM_RECORDS = 1_000_000;

/** All records of the version 2 B-tree at `address` (HDF5 file format, III.A.2), each as a cursor of its own. */
export async function readBtreeRecords(context: FileContext, address: number): Promise<Cursor[]> {
  const cursor = await context.cursor(address, 16 + context.offsetBytes + 2 + context.lengthBytes);
  cursor.expectSignature('BTHD');
  cursor.skip(2);
  const nodeBytes = cursor.u32();
  const recordBytes = cursor.u16();
  const depth = cursor.u16();
  cursor.skip(2);
  const root = cursor.address();
  const rootRecords = cursor.u16();
  if (root === UNDEFINED_ADDRESS) return [];
  if (recordBytes === 0 || depth > 16) throw context.error('has an index of impossible sizes');
  const records: Cursor[] = [];
  const seen = new Set<number>();
  const visit = async (node: number, count: number, level: number): Promise<void> => {
    if (seen.has(node) || records.length > MAXIMUM_RECORDS)
      throw context.error('has an index that runs in a circle');
    seen.add(node);
    const bytes = await context.cursor(node, nodeBytes);
    bytes.expectSignature(level === 0 ? 'BTLF' : 'BTIN');
    bytes.skip(2);
    for (let i = 0; i < count; i++) records.push(bytes.sub(recordBytes));
    if (level === 0) return;
    const widths = childWidths(nodeBytes, recordBytes, level, context.offsetBytes);
    for (let i = 0; i <= count; i++) {
      const child = bytes.address();
      const childRecords = bytes.uint(widths.count);
      bytes.skip(widths.total);
      await visit(child, childRecords, level - 1);
    }
  };
  await visit(root, rootRecords, depth);
  return records;
}

/** Bytes that a child's two record counts take: as many as the largest possible count needs. */
function childWidths(nodeBytes: number, recordBytes: number, level: number, offsetBytes: number) {
  const bytesFor = (value: number) =>
    Math.max(1, Math.ceil((Math.floor(Math.log2(Math.max(1, value))) + 1) / 8));
  let maximum = Math.floor((nodeBytes - 10) / recordBytes);
  let total = maximum;
  const count = bytesFor(maximum);
  let totalWidth = 0;
  for (let i = 1; i < level; i++) {
    totalWidth = bytesFor(total);
    const pointerBytes = offsetBytes + count + (i > 1 ? totalWidth : 0);
    maximum = Math.floor((nodeBytes - 10 - pointerBytes) / (recordBytes + pointerBytes));
    total = (maximum + 1) * total + maximum;
  }
  return { count, total: level > 1 ? bytesFor(total) : 0 };
}
