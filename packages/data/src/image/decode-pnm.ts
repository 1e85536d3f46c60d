import { rgbImage, type DecodedImage } from './decoded-image';
import {
  endOfComment,
  isSpace,
  LONGEST_GAP_BYTES,
  readPnmHeader,
  type PnmHeader,
} from './headers/pnm-header';
import type { Slices } from './slices';

const HASH = 0x23;
/** Values that are read without a pause. */
const VALUES_AT_ONCE = 4096;

/**
 * A PBM, PGM or PPM, as text or bytes, with grey repeated.
 *
 * Values are those of Pillow: stretched to a byte and rounded half to even. Grey of more than 8 bits is cut to its high byte, or
 * at 255 where `cutsDeepGrey` (what Pillow's `convert('RGB')` does).
 *
 * @throws RangeError for a file cut short, Error for a value that its header does not allow.
 */
export function* decodePnm(bytes: Uint8Array, cutsDeepGrey: boolean): Slices<DecodedImage> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readPnmHeader(view);
  const { kind, width, height, maximum } = header;
  const isColor = kind === 3 || kind === 6;
  const next = kind <= 3 ? wordReader(view, header) : valueReader(view, header);
  const isDeepGrey = header.values === 'deep grey';
  const full = isDeepGrey ? 65535 : 255;
  const image = rgbImage(height, width);
  for (let i = 0, values = 1; i < image.pixels.length; i += isColor ? 1 : 3, values++) {
    if (values % VALUES_AT_ONCE === 0) yield;
    const value = next();
    if (value > maximum) throw new Error(`the value ${value} where ${maximum} is the largest`);
    const scaled = roundHalfToEven((value / maximum) * full);
    const byte = isDeepGrey ? (cutsDeepGrey ? Math.min(255, scaled) : scaled >> 8) : scaled;
    if (isColor) image.pixels[i] = byte;
    else image.pixels.fill(byte, i, i + 3);
  }
  return image;
}

/** Python's `round`. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** Values one after the other as text; 1 is black in a PBM, whose digits need no space between them. */
function wordReader(view: DataView, { kind, width, height, dataOffset }: PnmHeader): () => number {
  // A value takes at least a byte, so no room is made for more values than bytes.
  view.getUint8(dataOffset + width * height * (kind === 3 ? 3 : 1) - 1);
  let offset = dataOffset;
  const skip = () => {
    const start = offset;
    for (let byte = view.getUint8(offset); isSpace(byte) || byte === HASH; byte = view.getUint8(offset)) {
      if (byte === HASH) offset = endOfComment(view, offset);
      offset++;
      if (offset - start > LONGEST_GAP_BYTES) throw new Error('there is too much between its values');
    }
  };
  return () => {
    skip();
    let value = 0;
    for (let digits = 0; ; digits++) {
      // The last value may end with the file.
      const byte = offset < view.byteLength || digits === 0 ? view.getUint8(offset) : 0x20;
      if (digits > 0 && (isSpace(byte) || byte === HASH)) return value;
      if (byte < 0x30 || byte > 0x39 || digits >= 10) throw new Error('a value that is no number');
      offset++;
      value = value * 10 + byte - 0x30;
      if (kind === 1) {
        if (value > 1) throw new Error(`the value ${value} in a picture of bits`);
        return 1 - value;
      }
    }
  };
}

/** Values one after the other as bits (rows begin on a byte, 1 is black), bytes or pairs of bytes, high byte first. */
function valueReader(view: DataView, { kind, width, height, maximum, dataOffset }: PnmHeader): () => number {
  if (kind !== 4) {
    const bytesEach = maximum > 255 ? 2 : 1;
    view.getUint8(dataOffset + width * height * (kind === 6 ? 3 : 1) * bytesEach - 1);
    let offset = dataOffset - bytesEach;
    return () => {
      offset += bytesEach;
      return bytesEach === 2 ? view.getUint16(offset) : view.getUint8(offset);
    };
  }
  const stride = Math.ceil(width / 8);
  view.getUint8(dataOffset + stride * height - 1);
  let index = -1;
  return () => {
    index++;
    const column = index % width;
    const byte = view.getUint8(dataOffset + Math.floor(index / width) * stride + (column >> 3));
    return 1 - ((byte >> (7 - (column & 7))) & 1);
  };
}
