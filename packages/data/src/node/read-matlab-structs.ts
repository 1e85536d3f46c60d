import { inflateSync } from 'node:zlib';

/** Values of a MATLAB file's structs, by the names of their fields: text and single numbers; all else is passed over. */
export type MatlabStruct = Readonly<Record<string, string | number>>;

/** What reads a number of each type, by the type's number, and its bytes. */
const NUMBERS: Readonly<Record<number, readonly [byteLength: number, read: (view: DataView) => number]>> = {
  1: [1, (view) => view.getInt8(0)],
  2: [1, (view) => view.getUint8(0)],
  3: [2, (view) => view.getInt16(0, true)],
  4: [2, (view) => view.getUint16(0, true)],
  5: [4, (view) => view.getInt32(0, true)],
  6: [4, (view) => view.getUint32(0, true)],
  7: [4, (view) => view.getFloat32(0, true)],
  9: [8, (view) => view.getFloat64(0, true)],
};
/** How text of each type is encoded: bytes, words and the types that are text by name. */
const ENCODINGS: Readonly<Record<number, string>> = {
  1: 'utf-8',
  2: 'utf-8',
  4: 'utf-16le',
  16: 'utf-8',
  17: 'utf-16le',
};
const MATRIX = 14;
const COMPRESSED = 15;
const STRUCT_CLASS = 2;
const CHARACTER_CLASS = 4;

const HEADER_BYTES = 128;
/** What a file may unpack to: ImageNet's meta.mat takes half a megabyte. */
const UNPACKED_LIMIT_BYTES = 64 * 1024 * 1024;

/** A value as a file has it: its type, and where its bytes are. */
interface Element {
  readonly type: number;
  readonly data: DataView;
}

/**
 * The elements of the first array of structs in a MATLAB file of level 5, as `meta.mat` of ImageNet's development kit is one.
 *
 * Source: "MAT-File Format", The MathWorks, chapter 1; little-endian files alone.
 *
 * @throws RangeError for what is no such file, or not whole.
 */
export function readMatlabStructs(bytes: Uint8Array): MatlabStruct[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // 'MI' read as a number of the writer's order.
  if (view.getUint16(126, true) !== 0x4d49) throw new RangeError('it is no MATLAB file of level 5');
  for (const { type, data } of elements(partOf(view, HEADER_BYTES, view.byteLength - HEADER_BYTES))) {
    const matrix = type === COMPRESSED ? unpacked(data) : { type, data };
    if (matrix.type !== MATRIX) continue;
    const structs = structsOf(matrix.data);
    if (structs !== undefined) return structs;
  }
  throw new RangeError('it holds no array of structs');
}

function unpacked(data: DataView): Element {
  let content: Uint8Array;
  try {
    const packed = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    content = inflateSync(packed, { maxOutputLength: UNPACKED_LIMIT_BYTES });
  } catch (cause) {
    throw new RangeError('it can not be unpacked', { cause });
  }
  const [element] = elements(new DataView(content.buffer, content.byteOffset, content.byteLength));
  if (element === undefined) throw new RangeError('it ends too early');
  return element;
}

function* elements(view: DataView): Generator<Element> {
  for (let offset = 0; offset + 8 <= view.byteLength;) {
    const tag = view.getUint32(offset, true);
    const smallBytes = tag >>> 16;
    if (smallBytes > 0) {
      // Up to four bytes stand in the tag itself.
      yield { type: tag & 0xffff, data: partOf(view, offset + 4, Math.min(smallBytes, 4)) };
      offset += 8;
      continue;
    }
    const byteLength = view.getUint32(offset + 4, true);
    yield { type: tag, data: partOf(view, offset + 8, byteLength) };
    // Only compressed elements have no padding.
    offset += 8 + (tag === COMPRESSED ? byteLength : (byteLength + 7) & ~7);
  }
}

function partOf(view: DataView, offset: number, byteLength: number): DataView {
  if (offset + byteLength > view.byteLength) throw new RangeError('it ends too early');
  return new DataView(view.buffer, view.byteOffset + offset, byteLength);
}

/** The elements of an array of structs; undefined for another array. */
function structsOf(matrix: DataView): MatlabStruct[] | undefined {
  const [flags, , , nameLength, names, ...values] = elements(matrix);
  if (flags === undefined || flags.data.getUint8(0) !== STRUCT_CLASS) return undefined;
  if (nameLength === undefined || names === undefined) throw new RangeError('it ends too early');
  const length = nameLength.data.getInt32(0, true);
  const fields = Array.from({ length: length > 0 ? names.data.byteLength / length : 0 }, (_, index) =>
    textOf({ type: names.type, data: partOf(names.data, index * length, length) }).replace(/\0.*$/s, ''),
  );
  if (fields.length === 0 || values.length % fields.length !== 0) throw new RangeError('it ends too early');
  return Array.from({ length: values.length / fields.length }, (_, place) => {
    const own = fields.map((name, at) => [name, valueOf(values[place * fields.length + at]!)] as const);
    return Object.fromEntries(own.filter((each): each is [string, string | number] => each[1] !== undefined));
  });
}

/** A text, or an array's one number; undefined for all else. */
function valueOf({ data: matrix }: Element): string | number | undefined {
  const [flags, , , content] = elements(matrix);
  if (flags === undefined || content === undefined) return undefined;
  if (flags.data.getUint8(0) === CHARACTER_CLASS) return textOf(content);
  const [byteLength, read] = NUMBERS[content.type] ?? [];
  return content.data.byteLength === byteLength ? read?.(content.data) : undefined;
}

function textOf({ type, data }: Element): string {
  const encoding = ENCODINGS[type];
  if (encoding === undefined) throw new RangeError('it has text of another kind');
  return new TextDecoder(encoding).decode(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
