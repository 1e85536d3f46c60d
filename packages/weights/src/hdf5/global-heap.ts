import { textOf, UNDEFINED_ADDRESS, type Cursor } from './cursor';
import type { FileContext } from './file-context';

/** Longest sum of texts that one attribute may hold; a ResNet-152's architecture takes 300 kB. */
const MAXIMUM_TEXT_BYTES = 16 * 1024 * 1024;

/** `count` variable-length texts whose references `cursor` holds (HDF5 file format, III.E). */
export async function readVariableTexts(
  context: FileContext,
  cursor: Cursor,
  count: number,
): Promise<string[]> {
  const collections = new Map<number, Promise<Map<number, Uint8Array>>>();
  const texts: string[] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const length = cursor.u32();
    const address = cursor.address();
    const index = cursor.u32();
    total += length;
    if (total > MAXIMUM_TEXT_BYTES) throw context.error('holds texts beyond any sound size');
    if (length === 0 || address === UNDEFINED_ADDRESS || address === 0) {
      texts.push('');
      continue;
    }
    const collection = collections.get(address) ?? readCollection(context, address);
    collections.set(address, collection);
    const bytes = (await collection).get(index);
    if (bytes === undefined || bytes.length < length)
      throw context.error('refers to a text that is not there');
    texts.push(textOf(bytes.subarray(0, length)));
  }
  return texts;
}

async function readCollection(context: FileContext, address: number): Promise<Map<number, Uint8Array>> {
  const head = await context.cursor(address, 8 + context.lengthBytes);
  head.expectSignature('GCOL');
  head.skip(4);
  const cursor = await context.cursor(address, head.length());
  cursor.skip(8 + context.lengthBytes);
  const objects = new Map<number, Uint8Array>();
  while (cursor.remaining >= 8 + context.lengthBytes) {
    const index = cursor.u16();
    cursor.skip(6);
    const size = cursor.length();
    // Index 0 is the free space that ends the collection.
    if (index === 0) break;
    objects.set(index, cursor.take(size));
    cursor.align();
  }
  return objects;
}
