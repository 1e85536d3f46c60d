import { inflate } from '../source/inflate';

import type { Cursor } from './cursor';
import type { FileContext } from './file-context';

/** A step that a dataset's chunks went through when they were written. */
export interface Filter {
  readonly id: number;
  readonly values: readonly number[];
}

const FILTER = { deflate: 1, shuffle: 2, fletcher32: 3 } as const;

/** Parses a filter pipeline message (HDF5 file format, IV.A.2.l), and refuses filters that are not undone here. */
export function readFilters(context: FileContext, cursor: Cursor): Filter[] {
  const version = cursor.u8();
  const count = cursor.u8();
  if (version === 1) cursor.skip(6);
  else if (version !== 2) throw context.error(`lists its filters in an unknown version, ${version}`);
  return Array.from({ length: count }, () => {
    const id = cursor.u16();
    const nameBytes = version === 1 || id >= 256 ? cursor.u16() : 0;
    cursor.skip(2);
    const valueCount = cursor.u16();
    const name = cursor.text(version === 1 ? Math.ceil(nameBytes / 8) * 8 : nameBytes);
    const values = Array.from({ length: valueCount }, () => cursor.u32());
    if (version === 1 && valueCount % 2 === 1) cursor.skip(4);
    if (!Object.values<number>(FILTER).includes(id)) {
      throw context.unsupported(
        `the filter ${name === '' ? id : name}`,
        'Save it again without compression, or with gzip.',
      );
    }
    return { id, values };
  });
}

/** `bytes` of a chunk with its filters undone, last first; `mask` marks filters that the writer skipped. */
export async function undoFilters(
  context: FileContext,
  bytes: Uint8Array<ArrayBuffer>,
  filters: readonly Filter[],
  mask: number,
  sizeBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let result = bytes;
  for (let i = filters.length - 1; i >= 0; i--) {
    if (((mask >> i) & 1) === 1) continue;
    const { id, values } = filters[i]!;
    // A checksum written before the compression adds its four bytes.
    if (id === FILTER.deflate) result = await inflate(result, 'deflate', sizeBytes + 4, context.name);
    else if (id === FILTER.shuffle) result = unshuffle(result, values[0] ?? 1);
    else result = result.subarray(0, Math.max(0, result.length - 4));
  }
  if (result.length !== sizeBytes) throw context.error('has a chunk that unpacks to a wrong length');
  return result;
}

/** Undoes the shuffle filter, which stores all first bytes, then all second bytes, and so on. */
function unshuffle(bytes: Uint8Array<ArrayBuffer>, width: number): Uint8Array<ArrayBuffer> {
  if (width < 2 || width > bytes.length) return bytes;
  const count = Math.floor(bytes.length / width);
  const result = bytes.slice();
  for (let byte = 0; byte < width; byte++) {
    for (let i = 0; i < count; i++) result[i * width + byte] = bytes[byte * count + i]!;
  }
  return result;
}
