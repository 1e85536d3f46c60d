import { prefixedExifOrientation } from './exif-orientation';
import { partCounter, StructureError, type HeaderFields } from './header-fields';

const RIFF = 0x52494646;
const WEBP = 0x57454250;
const LOSSY = 0x56503820;
const LOSSLESS = 0x5650384c;
const EXTENDED = 0x56503858;
const EXIF = 0x45584946;

/** A WebP's first bytes: a RIFF container of this kind. */
export const isWebp = (view: DataView): boolean =>
  view.byteLength >= 16 && view.getUint32(0) === RIFF && view.getUint32(8) === WEBP;

/** WebP container specification: chunks of type, length and padded data; the first says how large the picture is. */
export function readWebpHeader(view: DataView): HeaderFields {
  const end = 8 + view.getUint32(4, true);
  view.getUint8(end - 1);
  const size = sizeOf(view);
  let orientation = 1;
  const countPart = partCounter();
  for (let offset = 12; offset + 8 <= end;) {
    countPart();
    const length = view.getUint32(offset + 4, true);
    view.getUint8(offset + 8 + length - 1);
    if (view.getUint32(offset) === EXIF) {
      orientation = prefixedExifOrientation(view, offset + 8, offset + 8 + length) ?? orientation;
    }
    offset += 8 + length + (length & 1);
  }
  return { ...size, orientation };
}

function sizeOf(view: DataView): { height: number; width: number } {
  const type = view.getUint32(12);
  const data = 20;
  if (type === EXTENDED) {
    const uint24 = (offset: number) => view.getUint16(offset, true) | (view.getUint8(offset + 2) << 16);
    return { width: uint24(data + 4) + 1, height: uint24(data + 7) + 1 };
  }
  if (type === LOSSLESS) {
    const bits = view.getUint32(data + 1, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (type !== LOSSY) throw new StructureError('its first chunk holds no picture');
  return { width: view.getUint16(data + 6, true) & 0x3fff, height: view.getUint16(data + 8, true) & 0x3fff };
}
