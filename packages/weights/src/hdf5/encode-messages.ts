import { ZooError } from '@zoo/core';

import type { StoredType } from '../tensor-data';

import { ByteWriter } from './byte-writer';
import { MESSAGE } from './object-header';

/** What an attribute can hold when it is written: one text of any length, or a list of texts of one width. */
export type AttributeValue = string | readonly string[];

/** The longest attribute that an object header takes, as Keras counts it (HDF5_OBJECT_HEADER_LIMIT). */
export const MAXIMUM_ATTRIBUTE_BYTES = 64512;

/** A text's place in the file's global heap. */
export interface TextReference {
  readonly sizeBytes: number;
  readonly address: number;
  readonly index: number;
}

/** A header message with its envelope: type, padded size, flags. */
export function encodeMessage(type: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = Math.ceil(body.length / 8) * 8;
  return new ByteWriter()
    .u16(type)
    .u16(padded)
    .zeros(4)
    .put(body)
    .zeros(padded - body.length)
    .finish();
}

/** Dataspace message, version 1. */
export function encodeDataspace(shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter().u8(1, shape.length, 0).zeros(5);
  for (const size of shape) writer.u64(size);
  return writer.finish();
}

/** Datatype message of the numbers that are written. */
export function encodeNumberType(type: StoredType): Uint8Array<ArrayBuffer> {
  const bytes = NUMBER_TYPES.get(type);
  if (bytes !== undefined) return Uint8Array.from(bytes);
  const known = [...NUMBER_TYPES.keys()].join(', ');
  throw new ZooError('unsupported', `Expected numbers of ${known} to write but received ${type}.`);
}

/** Class, bit field, size, offset and precision; of floats also where exponent and mantissa lie, and the bias. */
const NUMBER_TYPES: ReadonlyMap<StoredType, readonly number[]> = new Map<StoredType, readonly number[]>([
  ['float32', [0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0]],
  ['float64', [0x11, 0x20, 63, 0, 8, 0, 0, 0, 0, 0, 64, 0, 52, 11, 0, 52, 255, 3, 0, 0]],
  ['int32', [0x10, 8, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0]],
  ['int64', [0x10, 8, 0, 0, 8, 0, 0, 0, 0, 0, 64, 0]],
]);

/** An attribute message, version 1; a single text of any length lies in the global heap, and only its place here. */
export function encodeAttribute(
  name: string,
  value: TextReference | readonly string[],
): Uint8Array<ArrayBuffer> {
  const texts = Array.isArray(value) ? (value as readonly string[]) : undefined;
  const [type, space, data] = texts === undefined ? referencePart(value as TextReference) : listPart(texts);
  const nameBytes = new TextEncoder().encode(`${name}\0`);
  const writer = new ByteWriter().u8(1, 0).u16(nameBytes.length).u16(type.length).u16(space.length);
  for (const part of [nameBytes, type, space]) writer.put(part).pad();
  return encodeMessage(MESSAGE.attribute, writer.put(data).finish());
}

type AttributePart = readonly [type: Uint8Array, space: Uint8Array, data: Uint8Array];

/** A scalar of variable-length UTF-8 text. */
function referencePart({ sizeBytes, address, index }: TextReference): AttributePart {
  const type = new ByteWriter().u8(0x19, 0x01, 0x01, 0).u32(16);
  // The base type of a variable-length text: unsigned bytes.
  type.u8(0x10, 0, 0, 0).u32(1).u16(0).u16(8);
  return [
    type.finish(),
    encodeDataspace([]),
    new ByteWriter().u32(sizeBytes).u64(address).u32(index).finish(),
  ];
}

/** Null-padded texts of one width, as numpy's bytes are; an empty list is one of float64, as numpy makes it. */
function listPart(texts: readonly string[]): AttributePart {
  if (texts.length === 0) return [encodeNumberType('float64'), encodeDataspace([0]), new Uint8Array(0)];
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  const width = Math.max(1, ...encoded.map((bytes) => bytes.length));
  const data = new ByteWriter();
  for (const bytes of encoded) data.put(bytes).zeros(width - bytes.length);
  return [
    new ByteWriter().u8(0x13, 0x01, 0, 0).u32(width).finish(),
    encodeDataspace([texts.length]),
    data.finish(),
  ];
}
