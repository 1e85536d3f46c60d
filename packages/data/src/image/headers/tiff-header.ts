import { StructureError, type HeaderFields } from './header-fields';

/** Tags of the baseline TIFF 6.0 specification that say what decoding takes. */
const TAG = {
  width: 256,
  height: 257,
  bits: 258,
  photometric: 262,
  orientation: 274,
  samples: 277,
  tileWidth: 322,
  tileHeight: 323,
} as const;

const PHOTOMETRIC_SEPARATED = 5;
/** What a directory of the classic format can have at most. */
const MOST_FIELDS = 65_535;
/** Values of these types are read: BYTE, SHORT, LONG and BigTIFF's LONG8. */
const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 16: 8 };

/** TIFF or BigTIFF, in either byte order. */
export const isTiff = (view: DataView): boolean => {
  if (view.byteLength < 8) return false;
  const order = view.getUint16(0);
  const version = view.getUint16(2, order === 0x4949);
  return (order === 0x4949 || order === 0x4d4d) && (version === 42 || version === 43);
};

/** TIFF 6.0, section 2: the fields of the first image directory, which is the picture that decoders give. */
export function readTiffHeader(view: DataView): HeaderFields {
  const directory = openDirectory(view);
  const field = (tag: number, absent?: number): number => {
    const value = directory(tag) ?? absent;
    if (value === undefined) throw new StructureError('its directory gives no size');
    return value;
  };
  const width = field(TAG.width);
  const height = field(TAG.height);
  // A decoder makes room for a whole tile, so a tile may be little larger than the picture.
  const [tileWidth, tileHeight] = [field(TAG.tileWidth, 0), field(TAG.tileHeight, 0)];
  if (tileWidth > 2 * width + 1024 || tileHeight > 2 * height + 1024) {
    throw new StructureError('its tiles are far larger than itself');
  }
  const orientation = field(TAG.orientation, 1);
  const isGrey = field(TAG.samples, 1) === 1;
  const isSeparated = field(TAG.photometric, 1) === PHOTOMETRIC_SEPARATED;
  return {
    width,
    height,
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
    values: isSeparated ? 'cmyk' : isGrey && field(TAG.bits, 1) === 16 ? 'deep grey' : 'plain',
  };
}

/** A function that gives the first value of a field, or undefined. */
function openDirectory(view: DataView): (tag: number) => number | undefined {
  const little = view.getUint16(0) === 0x4949;
  const isBig = view.getUint16(2, little) === 43;
  const uint = (offset: number, bytes: number): number => {
    if (bytes === 1) return view.getUint8(offset);
    if (bytes === 2) return view.getUint16(offset, little);
    if (bytes === 4) return view.getUint32(offset, little);
    return Number(view.getBigUint64(offset, little));
  };
  const start = uint(isBig ? 8 : 4, isBig ? 8 : 4);
  const count = uint(start, isBig ? 8 : 2);
  if (count > MOST_FIELDS) throw new StructureError(`its directory has ${count} fields`);
  const first = start + (isBig ? 8 : 2);
  const entryBytes = isBig ? 20 : 12;
  const inlineBytes = isBig ? 8 : 4;
  // The last entry must be there: a directory cut short is a file cut short.
  view.getUint8(first + count * entryBytes - 1);
  return (tag) => {
    for (let index = 0; index < count; index++) {
      const entry = first + index * entryBytes;
      if (view.getUint16(entry, little) !== tag) continue;
      const bytes = TYPE_BYTES[view.getUint16(entry + 2, little)];
      if (bytes === undefined) return undefined;
      const length = uint(entry + 4, inlineBytes);
      const place = entry + 4 + inlineBytes;
      return uint(length * bytes <= inlineBytes ? place : uint(place, inlineBytes), bytes);
    }
    return undefined;
  };
}
