import { decodeValues, elementCount } from '../tensor-data';

import type { Cursor } from './cursor';
import { readDataspace, type Dataspace } from './dataspace';
import { readDatatype, swapBytes, type Datatype } from './datatype';
import type { FileContext } from './file-context';
import { readVariableTexts } from './global-heap';

/** An attribute as it lies in the file; {@link attributeValues} reads it. */
export interface StoredAttribute {
  readonly name: string;
  readonly dataspace: Dataspace;
  readonly datatype: Datatype;
  readonly data: Cursor;
}

/** Parses an attribute message (HDF5 file format, IV.A.2.m). */
export function readAttribute(context: FileContext, cursor: Cursor): StoredAttribute {
  const version = cursor.u8();
  const flags = cursor.u8();
  if (version < 1 || version > 3) throw context.error(`has an attribute of unknown version, ${version}`);
  if (version > 1 && (flags & 3) !== 0) {
    throw context.unsupported('attributes of a named type', 'Save it again with Keras or h5py.');
  }
  const [nameBytes, typeBytes, spaceBytes] = [cursor.u16(), cursor.u16(), cursor.u16()];
  if (version === 3) cursor.skip(1);
  const part = (length: number): Cursor => {
    const bytes = cursor.sub(length);
    if (version === 1) cursor.align();
    return bytes;
  };
  const name = part(nameBytes).text(nameBytes);
  const datatype = readDatatype(context, part(typeBytes));
  const dataspace = readDataspace(context, part(spaceBytes));
  return { name, datatype, dataspace, data: cursor.sub(cursor.remaining) };
}

/** The values of an attribute, in row-major order. */
export async function attributeValues(
  context: FileContext,
  { name, dataspace, datatype, data }: StoredAttribute,
): Promise<(string | number | bigint)[]> {
  if (dataspace === null) return [];
  const count = elementCount(dataspace);
  data.position = 0;
  if (!(count * datatype.sizeBytes <= data.remaining))
    throw context.error(`cuts its attribute ${name} short`);
  switch (datatype.kind) {
    case 'variable-text':
      return readVariableTexts(context, data, count);
    case 'text':
      return Array.from({ length: count }, () => data.text(datatype.sizeBytes));
    case 'number': {
      const bytes = data.take(count * datatype.sizeBytes).slice();
      if (datatype.bigEndian) swapBytes(bytes, datatype.sizeBytes);
      return [...decodeValues(bytes, datatype.type)];
    }
    case 'other':
      throw context.unsupported(
        `${datatype.description} in its attribute ${name}`,
        'Save it again with Keras.',
      );
  }
}
