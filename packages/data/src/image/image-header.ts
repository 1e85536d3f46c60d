import { ZooError } from '@zoo/core';

/** What the first bytes of a picture say, read without decoding it. */
export interface ImageHeader {
  readonly format: 'jpeg' | 'png';
  /** Rows as stored, before `orientation` is applied. */
  readonly height: number;
  /** Columns as stored, before `orientation` is applied. */
  readonly width: number;
  /** EXIF orientation, 1 (upright) to 8: how the stored rows are to be turned. Always 1 for PNG. */
  readonly orientation: number;
  /** True if the file holds opacity, in a channel or in a transparent colour. */
  readonly hasAlpha: boolean;
  /** Colour components of a JPEG: 1 grey, 3 colour, 4 CMYK. Always 3 for PNG. */
  readonly components: number;
}

/** An 'invalid-file' error that names the picture. */
export function pictureError(source: string, problem: string, cause?: unknown): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected ${source} to be a whole JPEG or PNG picture but ${problem}. Replace the file or take it out of the data set.`,
    cause === undefined ? undefined : { cause },
  );
}

/**
 * Format, size and orientation of a JPEG or PNG picture, recognised by its content.
 *
 * Walks the whole structure without decoding it, so that a file cut short is refused whatever its decoder would do.
 *
 * @param bytes The file's content.
 * @param source The file's name, for the error's words.
 * @throws ZooError `invalid-file` for any other content, for a file cut short and for a picture without pixels.
 */
export function readImageHeader(bytes: Uint8Array, source: string): ImageHeader {
  if (bytes.length === 0) throw pictureError(source, 'it is empty');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const header = isPng(view) ? readPngHeader(view) : isJpeg(view) ? readJpegHeader(view, bytes) : undefined;
    if (header === undefined) throw pictureError(source, 'its content is of another kind');
    if (header.height === 0 || header.width === 0) throw pictureError(source, 'it holds no pixels');
    return header;
  } catch (error) {
    // Reading past the end of a DataView is how a missing piece shows.
    if (error instanceof RangeError) throw pictureError(source, 'it ends too early', error);
    throw error;
  }
}

const isJpeg = (view: DataView): boolean =>
  view.byteLength >= 3 && view.getUint16(0) === 0xffd8 && view.getUint8(2) === 0xff;
const isPng = (view: DataView): boolean =>
  view.byteLength >= 8 && view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a;

/** PNG specification (third edition), 5.3 and 11.2.1: chunks of length, type, data and CRC, from IHDR to IEND. */
function readPngHeader(view: DataView): ImageHeader {
  const colorType = view.getUint8(25);
  let hasAlpha = (colorType & 4) !== 0;
  let offset = 8;
  for (;;) {
    const length = view.getUint32(offset);
    const type = view.getUint32(offset + 4);
    if (type === CHUNK_TRNS) hasAlpha = true;
    view.getUint32(offset + 8 + length);
    if (type === CHUNK_IEND) break;
    offset += 12 + length;
  }
  return {
    format: 'png',
    width: view.getUint32(16),
    height: view.getUint32(20),
    orientation: 1,
    hasAlpha,
    components: 3,
  };
}

const CHUNK_TRNS = 0x74524e53;
const CHUNK_IEND = 0x49454e44;

/** ITU-T T.81, annex B: segments that a marker opens, entropy-coded data after each start of scan, and an end marker. */
function readJpegHeader(view: DataView, bytes: Uint8Array): ImageHeader {
  let height = 0;
  let width = 0;
  let orientation = 1;
  let components = 3;
  let offset = 2;
  for (;;) {
    if (view.getUint8(offset) !== 0xff) {
      // Bytes between segments: decoders look for the next marker, so does this walk.
      offset = nextMarker(bytes, offset);
    }
    while (view.getUint8(offset + 1) === 0xff) offset++;
    const marker = view.getUint8(offset + 1);
    offset += 2;
    if (marker === EOI) break;
    if (marker === TEM || marker === 0 || (marker >= RST0 && marker <= SOI)) continue;
    const length = view.getUint16(offset);
    view.getUint8(offset + length - 1);
    if (isStartOfFrame(marker)) {
      height = view.getUint16(offset + 3);
      width = view.getUint16(offset + 5);
      components = view.getUint8(offset + 7);
    } else if (marker === APP1) {
      orientation = exifOrientation(view, offset + 2, length - 2) ?? orientation;
    }
    offset += length;
    if (marker === SOS) offset = nextMarker(bytes, offset);
  }
  return { format: 'jpeg', height, width, orientation, hasAlpha: false, components };
}

const TEM = 0x01;
const RST0 = 0xd0;
const RST7 = 0xd7;
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP1 = 0xe1;

/** SOF0 to SOF15 without the markers between them that define tables (DHT, JPG, DAC). */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Where the next marker other than a restart stands; a stuffed 0xff00 is data. */
function nextMarker(bytes: Uint8Array, start: number): number {
  for (let offset = bytes.indexOf(0xff, start); offset !== -1; offset = bytes.indexOf(0xff, offset + 1)) {
    const marker = bytes[offset + 1];
    if (marker === undefined) break;
    if (marker !== 0 && marker !== 0xff && !(marker >= RST0 && marker <= RST7)) return offset;
  }
  throw new RangeError('no end marker');
}

/** EXIF 2.32, 4.6.4: tag 0x0112 of the first image directory; undefined where there is none or it makes no sense. */
function exifOrientation(view: DataView, start: number, length: number): number | undefined {
  const end = start + length;
  if (length < 14 || view.getUint32(start) !== 0x45786966 || view.getUint16(start + 4) !== 0)
    return undefined;
  const tiff = start + 6;
  const byteOrder = view.getUint16(tiff);
  if (byteOrder !== 0x4949 && byteOrder !== 0x4d4d) return undefined;
  const littleEndian = byteOrder === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, littleEndian);
  if (directory + 2 > end) return undefined;
  const entries = view.getUint16(directory, littleEndian);
  for (let index = 0; index < entries; index++) {
    const entry = directory + 2 + index * 12;
    if (entry + 12 > end) return undefined;
    if (view.getUint16(entry, littleEndian) !== 0x0112) continue;
    const orientation = view.getUint16(entry + 8, littleEndian);
    return orientation >= 1 && orientation <= 8 ? orientation : undefined;
  }
  return undefined;
}
