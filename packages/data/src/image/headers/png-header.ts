import { prefixedExifOrientation } from './exif-orientation';
import { partCounter, StructureError, type HeaderFields } from './header-fields';

const IHDR = 0x49484452;
const IDAT = 0x49444154;
const IEND = 0x49454e44;
const EXIF = 0x65584966;
const GREY = 0;
const GREY_WITH_ALPHA = 4;

/** A PNG's signature. */
export const isPng = (view: DataView): boolean =>
  view.byteLength >= 8 && view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a;

/** PNG specification (third edition), 5.3 and 11.2.1: chunks of length, type, data and CRC, from the one IHDR to IEND. */
export function readPngHeader(view: DataView): HeaderFields {
  if (view.getUint32(8) !== 13 || view.getUint32(12) !== IHDR) {
    throw new StructureError('its first chunk is not a header');
  }
  let orientation = 1;
  let hasData = false;
  let offset = 8;
  const countPart = partCounter();
  for (;;) {
    countPart();
    const length = view.getUint32(offset);
    const type = view.getUint32(offset + 4);
    const end = offset + 8 + length;
    view.getUint32(end);
    if (type === IEND) break;
    if (type === IHDR && offset !== 8) throw new StructureError('it has two headers');
    if (type === IDAT) hasData = true;
    if (type === EXIF) orientation = prefixedExifOrientation(view, offset + 8, end) ?? orientation;
    offset = end + 4;
  }
  if (!hasData) throw new StructureError('it holds no image data');
  const depth = view.getUint8(24);
  const colorType = view.getUint8(25);
  // Pillow cuts off 16-bit grey, but takes the high byte where there is opacity or colour.
  const values = depth === 16 && colorType === GREY ? 'deep grey' : 'plain';
  if (colorType > 6 || colorType === 1 || (colorType > GREY_WITH_ALPHA && colorType !== 6)) {
    throw new StructureError(`its colour type is ${colorType}, which PNG does not have`);
  }
  return { width: view.getUint32(16), height: view.getUint32(20), orientation, values };
}
