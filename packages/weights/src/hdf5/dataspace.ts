import type { Cursor } from './cursor';
import type { FileContext } from './file-context';

/** Sizes of a dataset's or attribute's dimensions; null for the empty dataspace. */
export type Dataspace = readonly number[] | null;

const MAXIMUM_RANK = 32;

/** Parses a dataspace message (HDF5 file format, IV.A.2.b). */
export function readDataspace(context: FileContext, cursor: Cursor): Dataspace {
  return readSizes(context, cursor)?.shape ?? null;
}

/** What a dataset may grow to, by its dataspace message: infinite where it has no end. */
export function readMaximumShape(context: FileContext, cursor: Cursor): readonly number[] {
  const sizes = readSizes(context, cursor);
  if (sizes === null) return [];
  if (!sizes.hasMaximum) return sizes.shape;
  return sizes.shape.map((size) => {
    const maximum = cursor.lengthOrInfinity();
    if (maximum < size) throw context.error('holds a dataset beyond its largest shape');
    return maximum;
  });
}

/** The shape, and whether the largest shape follows where the cursor is then. */
function readSizes(context: FileContext, cursor: Cursor): { shape: number[]; hasMaximum: boolean } | null {
  const version = cursor.u8();
  const rank = cursor.u8();
  const hasMaximum = (cursor.u8() & 1) !== 0;
  if (rank > MAXIMUM_RANK) throw context.error(`holds a dataset of ${rank} dimensions`);
  if (version === 1) cursor.skip(5);
  else if (version !== 2) throw context.error(`describes a shape in an unknown version, ${version}`);
  else if (cursor.u8() === 2) return null;
  return { shape: Array.from({ length: rank }, () => cursor.length()), hasMaximum };
}
