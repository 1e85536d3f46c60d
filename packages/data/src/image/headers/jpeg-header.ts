import { exifOrientation } from './exif-orientation';
import { partCounter, StructureError, type HeaderFields } from './header-fields';

const TEM = 0x01;
const RST0 = 0xd0;
const RST7 = 0xd7;
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP1 = 0xe1;

/** A JPEG's first bytes: a start of image and another marker. */
export const isJpeg = (view: DataView): boolean =>
  view.byteLength >= 3 && view.getUint16(0) === 0xffd8 && view.getUint8(2) === 0xff;

/**
 * ITU-T T.81, annex B: segments that a marker opens, entropy-coded data after each start of scan, and an end marker.
 *
 * The one frame header stands before the first scan; libjpeg refuses a second, and so does this walk.
 */
export function readJpegHeader(view: DataView, bytes: Uint8Array): HeaderFields {
  let frame: { height: number; width: number; components: number } | undefined;
  let orientation = 1;
  let scans = 0;
  let offset = 2;
  const countPart = partCounter();
  for (;;) {
    countPart();
    // Bytes between segments: decoders look for the next marker, so does this walk.
    if (view.getUint8(offset) !== 0xff) offset = nextMarker(bytes, offset, countPart);
    while (view.getUint8(offset + 1) === 0xff) {
      countPart();
      offset++;
    }
    const marker = view.getUint8(offset + 1);
    offset += 2;
    if (marker === EOI) break;
    if (marker === TEM || marker === 0 || (marker >= RST0 && marker <= SOI)) continue;
    const length = view.getUint16(offset);
    if (length < 2) throw new StructureError('one of its segments has no length');
    view.getUint8(offset + length - 1);
    if (isStartOfFrame(marker)) {
      if (frame !== undefined) throw new StructureError('it has two frame headers');
      frame = {
        height: view.getUint16(offset + 3),
        width: view.getUint16(offset + 5),
        components: view.getUint8(offset + 7),
      };
    } else if (marker === APP1) {
      orientation = orientationOf(view, offset + 2, offset + length) ?? orientation;
    } else if (marker === SOS) {
      if (frame === undefined) throw new StructureError('its scan comes before its frame header');
      scans++;
    }
    offset += length;
    if (marker === SOS) offset = nextMarker(bytes, offset, countPart);
  }
  if (frame === undefined || scans === 0) throw new StructureError('it holds no scan');
  const { height, width, components } = frame;
  return { height, width, orientation, scans, values: components === 4 ? 'cmyk' : 'plain' };
}

/** SOF0 to SOF15 without the markers between them that define tables (DHT, JPG, DAC). */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Where the next marker other than a restart stands; a stuffed 0xff00 is data. */
function nextMarker(bytes: Uint8Array, start: number, countPart: () => void): number {
  for (let offset = bytes.indexOf(0xff, start); offset !== -1; offset = bytes.indexOf(0xff, offset + 1)) {
    countPart();
    const marker = bytes[offset + 1];
    if (marker === undefined) break;
    if (marker !== 0 && marker !== 0xff && !(marker >= RST0 && marker <= RST7)) return offset;
  }
  throw new RangeError('no end marker');
}

function orientationOf(view: DataView, start: number, end: number): number | undefined {
  const isExif = start + 6 <= end && view.getUint32(start) === 0x45786966 && view.getUint16(start + 4) === 0;
  return isExif ? exifOrientation(view, start + 6, end) : undefined;
}
