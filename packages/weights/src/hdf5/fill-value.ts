import type { Cursor } from './cursor';
import type { FileContext } from './file-context';

/**
 * The bytes of the value that stands where nothing was written, from a fill value message (HDF5 file format, IV.A.2.f); undefined for zeros.
 */
export function readFillValue(context: FileContext, cursor: Cursor): Uint8Array | undefined {
  const version = cursor.u8();
  if (version < 1 || version > 3) throw context.error(`fills gaps in an unknown version, ${version}`);
  if (version === 3) {
    const isDefined = (cursor.u8() & 0x20) !== 0;
    if (!isDefined) return undefined;
  } else {
    // Times of allocation and of writing.
    cursor.skip(2);
    const isDefined = cursor.u8() !== 0;
    if (version === 2 && !isDefined) return undefined;
  }
  const value = cursor.take(cursor.u32());
  return value.some((byte) => byte !== 0) ? value : undefined;
}

/** Writes `value` over and over, `width` bytes each. */
export function fillWith(context: FileContext, target: Uint8Array, value: Uint8Array, width: number): void {
  if (value.length !== width) throw context.error('fills gaps with a value of a wrong size');
  for (let at = 0; at < target.length; at += width) target.set(value, at);
}
