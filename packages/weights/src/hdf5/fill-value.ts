import type { Cursor } from './cursor';
import type { FileContext } from './file-context';

/**
 * The bytes of the value that stands where nothing was written, from a fill value message (HDF5 file format, IV.A.2.f); undefined for zeros.
 */
export function readFillValue(context: FileContext, cursor: Cursor): Uint8Array | undefined {
  const version = cursor.u8();
  if (version < 1 || version > 3) throw context.error(`fills gaps in an unknown version, ${version}`);
  // Versions 1 and 2 have the times of allocation and of writing in bytes of their own.
  if (version < 3) cursor.skip(2);
  const flags = cursor.u8();
  const isAbsent = version === 3 ? (flags & 0x20) === 0 : version === 2 && flags === 0;
  if (isAbsent) return undefined;
  const value = cursor.take(cursor.u32());
  return value.some((byte) => byte !== 0) ? value : undefined;
}

/** Writes `value` over and over, `width` bytes each. */
export function fillWith(context: FileContext, target: Uint8Array, value: Uint8Array, width: number): void {
  if (value.length !== width) throw context.error('fills gaps with a value of a wrong size');
  for (let at = 0; at < target.length; at += width) target.set(value, at);
}
