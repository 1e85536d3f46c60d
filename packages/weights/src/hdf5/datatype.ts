import type { StoredType } from '../tensor-data';

import type { Cursor } from './cursor';
import type { FileContext } from './file-context';

/** What the elements of a dataset or attribute are. */
export type Datatype =
  | {
      readonly kind: 'number';
      readonly type: StoredType;
      readonly sizeBytes: number;
      readonly bigEndian: boolean;
    }
  | { readonly kind: 'text'; readonly sizeBytes: number }
  | { readonly kind: 'variable-text'; readonly sizeBytes: number }
  | { readonly kind: 'other'; readonly description: string; readonly sizeBytes: number };

const CLASS_NAMES = [
  'integers',
  'floating-point numbers',
  'times',
  'text',
  'bit fields',
  'opaque bytes',
  'compounds',
  'references',
  'enumerations',
  'variable-length lists',
  'arrays',
];

/** Parses a datatype message (HDF5 file format, IV.A.2.d). */
export function readDatatype(context: FileContext, cursor: Cursor): Datatype {
  const classAndVersion = cursor.u8();
  const typeClass = classAndVersion & 15;
  const bits = cursor.uint(3);
  const sizeBytes = cursor.u32();
  const bigEndian = (bits & 1) === 1;
  if (sizeBytes === 0) throw context.error('holds elements of no size');
  if (typeClass === 0) return integerType(sizeBytes, (bits & 8) !== 0, bigEndian);
  if (typeClass === 1) return floatType(cursor, sizeBytes, bits);
  if (typeClass === 3) return { kind: 'text', sizeBytes };
  if (typeClass === 8) return enumerationType(context, cursor, sizeBytes);
  if (typeClass === 9 && (bits & 15) === 1) return { kind: 'variable-text', sizeBytes };
  return { kind: 'other', description: CLASS_NAMES[typeClass] ?? `class ${typeClass}`, sizeBytes };
}

function integerType(sizeBytes: number, isSigned: boolean, bigEndian: boolean): Datatype {
  if (![1, 2, 4, 8].includes(sizeBytes)) {
    return { kind: 'other', description: `integers of ${sizeBytes} bytes`, sizeBytes };
  }
  const type = `${isSigned ? '' : 'u'}int${sizeBytes * 8}` as StoredType;
  return { kind: 'number', type, sizeBytes, bigEndian };
}

function floatType(cursor: Cursor, sizeBytes: number, bits: number): Datatype {
  cursor.skip(4);
  const [exponentAt, exponentBits, mantissaAt, mantissaBits] = [
    cursor.u8(),
    cursor.u8(),
    cursor.u8(),
    cursor.u8(),
  ];
  const layout = `${(bits >> 8) & 255}/${exponentAt}/${exponentBits}/${mantissaAt}/${mantissaBits}`;
  const type = FLOAT_LAYOUTS.get(layout);
  // Bit 6 with bit 0 is the VAX order.
  if (type === undefined || (bits & 64) !== 0) {
    return { kind: 'other', description: `floating-point numbers of ${sizeBytes} bytes`, sizeBytes };
  }
  return { kind: 'number', type, sizeBytes, bigEndian: (bits & 1) === 1 };
}

/** Sign location, exponent location and bits, mantissa location and bits. */
const FLOAT_LAYOUTS: ReadonlyMap<string, StoredType> = new Map<string, StoredType>([
  ['15/10/5/0/10', 'float16'],
  ['15/7/8/0/7', 'bfloat16'],
  ['31/23/8/0/23', 'float32'],
  ['63/52/11/0/52', 'float64'],
]);

/** h5py writes booleans as an enumeration of bytes; other enumerations are their numbers. */
function enumerationType(context: FileContext, cursor: Cursor, sizeBytes: number): Datatype {
  const base = readDatatype(context, cursor);
  if (base.kind !== 'number' || base.sizeBytes !== sizeBytes) {
    return { kind: 'other', description: 'enumerations', sizeBytes };
  }
  return sizeBytes === 1 ? { ...base, type: 'bool' } : base;
}

/** Turns big-endian numbers of `width` bytes into little-endian ones, in place. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  for (let start = 0; start + width <= bytes.length; start += width) {
    bytes.subarray(start, start + width).reverse();
  }
}
