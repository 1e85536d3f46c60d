import type { Cursor } from './cursor';
import type { FileContext } from './file-context';

/** Sizes of a dataset's or attribute's dimensions; null for the empty dataspace. */
export type Dataspace = readonly number[] | null;

const MAXIMUM_RANK = 32;

/** Parses a dataspace message (HDF5 file format, IV.A.2.b). */
export function readDataspace(context: FileContext, cursor: Cursor): Dataspace {
  const version = cursor.u8();
  const rank = cursor.u8();
  cursor.skip(1);
  if (rank > MAXIMUM_RANK) throw context.error(`holds a dataset of ${rank} dimensions`);
  if (version === 1) cursor.skip(5);
  else if (version !== 2) throw context.error(`describes a shape in an unknown version, ${version}`);
  else if (cursor.u8() === 2) return null;
  return Array.from({ length: rank }, () => cursor.length());
}
