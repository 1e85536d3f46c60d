import { rgbImage, type DecodedImage, type RgbColor } from './decoded-image';
import { layOver } from './flatten-alpha';
import { readBmpHeader, type BmpHeader } from './headers/bmp-header';
import type { Slices } from './slices';

/** Compressions of a BMP that are read. */
const PLAIN = 0;
const RLE8 = 1;
const RLE4 = 2;
const BITFIELDS = 3;

/** Runs of at most 255 pixels that are read without a pause. */
const RUNS_AT_ONCE = 1024;

/** The masks of pixels of 16 bits whose header has none. */
const MASKS_555 = [0x7c00, 0x03e0, 0x001f, 0] as const;
const MASKS_888 = [0xff0000, 0x00ff00, 0x0000ff, 0] as const;

/**
 * A BMP of 1, 4, 8, 16, 24 or 32 bits, run-length encoded or not.
 *
 * Values are those of Pillow: five bits become eight by `value * 255 / 31`, and opacity counts only where a mask says so.
 *
 * @param background What transparent pixels are laid over; undefined drops their opacity.
 * @throws RangeError for a file cut short, Error for what the format does not have.
 */
export function* decodeBmp(bytes: Uint8Array, background: RgbColor | undefined): Slices<DecodedImage> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readBmpHeader(view);
  if (header.bits > 8) return yield* readMasked(view, header, background);
  const indices =
    header.compression === RLE8 || header.compression === RLE4
      ? yield* readRuns(view, header)
      : yield* readPacked(view, header);
  return yield* lookUpPalette(view, header, indices);
}

/** The row of the picture that the file's row `row` is. */
const placeOf = ({ isTopDown, height }: BmpHeader, row: number): number =>
  isTopDown ? row : height - 1 - row;

function* readPacked(view: DataView, header: BmpHeader): Slices<Uint8Array> {
  const { width, height, bits, dataOffset, compression } = header;
  if (compression !== PLAIN || (bits !== 1 && bits !== 4 && bits !== 8)) throw unknownKind(header);
  const stride = Math.ceil((width * bits) / 32) * 4;
  view.getUint8(dataOffset + stride * height - 1);
  const indices = new Uint8Array(width * height);
  const mask = 2 ** bits - 1;
  for (let row = 0; row < height; row++) {
    const target = placeOf(header, row) * width;
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      const byte = view.getUint8(dataOffset + row * stride + (bit >> 3));
      indices[target + x] = (byte >> (8 - bits - (bit & 7))) & mask;
    }
    yield;
  }
  return indices;
}

/** Runs of one value, values as they are, ends of rows, jumps and an end of the picture. */
function* readRuns(view: DataView, header: BmpHeader): Slices<Uint8Array> {
  const { width, height, compression } = header;
  const perByte = compression === RLE4 ? 2 : 1;
  if (header.bits !== 8 / perByte) throw unknownKind(header);
  const indices = new Uint8Array(width * height);
  let offset = header.dataOffset;
  let [x, row] = [0, 0];
  const put = (value: number) => {
    if (x >= width || row >= height) throw new Error('a run goes beyond its row');
    indices[placeOf(header, row) * width + x++] = value;
  };
  const pixelOf = (byte: number, index: number) =>
    perByte === 1 ? byte : index % 2 === 0 ? byte >> 4 : byte & 15;
  for (let runs = 1; ; runs++) {
    if (runs % RUNS_AT_ONCE === 0) yield;
    const count = view.getUint8(offset);
    const value = view.getUint8(offset + 1);
    offset += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(pixelOf(value, i));
    } else if (value === 0) {
      [x, row] = [0, row + 1];
    } else if (value === 1) {
      return indices;
    } else if (value === 2) {
      x += view.getUint8(offset);
      row += view.getUint8(offset + 1);
      offset += 2;
    } else {
      for (let i = 0; i < value; i++) put(pixelOf(view.getUint8(offset + Math.floor(i / perByte)), i));
      const length = Math.ceil(value / perByte);
      // Values as they are end on a whole word.
      offset += length + (length & 1);
    }
  }
}

function* lookUpPalette(view: DataView, header: BmpHeader, indices: Uint8Array): Slices<DecodedImage> {
  const { paletteOffset, paletteColors, paletteBytes, width, height } = header;
  const image = rgbImage(height, width);
  for (let row = 0; row < height; row++) {
    for (let pixel = row * width; pixel < (row + 1) * width; pixel++) {
      const index = indices[pixel]!;
      // Pillow's palettes are black beyond their end.
      if (index >= paletteColors) continue;
      const color = paletteOffset + index * paletteBytes;
      image.pixels[pixel * 3] = view.getUint8(color + 2);
      image.pixels[pixel * 3 + 1] = view.getUint8(color + 1);
      image.pixels[pixel * 3 + 2] = view.getUint8(color);
    }
    yield;
  }
  return image;
}

function* readMasked(
  view: DataView,
  header: BmpHeader,
  background: RgbColor | undefined,
): Slices<DecodedImage> {
  const { width, height, bits, compression, dataOffset } = header;
  const known = bits === 16 || bits === 24 || bits === 32;
  if (!known || (compression !== PLAIN && compression !== BITFIELDS)) throw unknownKind(header);
  const masks = compression === BITFIELDS ? header.masks : bits === 16 ? MASKS_555 : MASKS_888;
  const [red, green, blue, opacity] = masks.map(channelOf) as [Channel, Channel, Channel, Channel];
  const isOpaque = masks[3] === 0 || background === undefined;
  const bytesEach = bits / 8;
  const stride = Math.ceil((width * bits) / 32) * 4;
  view.getUint8(dataOffset + stride * height - 1);
  const image = rgbImage(height, width);
  for (let row = 0; row < height; row++) {
    let target = placeOf(header, row) * width;
    let offset = dataOffset + row * stride;
    for (let x = 0; x < width; x++, target++, offset += bytesEach) {
      const value =
        bits === 16
          ? view.getUint16(offset, true)
          : bits === 32
            ? view.getUint32(offset, true)
            : view.getUint16(offset, true) | (view.getUint8(offset + 2) << 16);
      image.pixels[target * 3] = red(value);
      image.pixels[target * 3 + 1] = green(value);
      image.pixels[target * 3 + 2] = blue(value);
      if (!isOpaque) layOver(image.pixels, target * 3, opacity(value), background);
    }
    yield;
  }
  return image;
}

type Channel = (pixel: number) => number;

/** A function that takes the bits of `mask` out of a pixel and stretches them to a byte. */
function channelOf(mask: number): Channel {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const maximum = mask >>> shift;
  if ((maximum & (maximum + 1)) !== 0 || maximum > 255) throw new Error('its masks have gaps');
  return (pixel) => Math.floor((((pixel & mask) >>> shift) * 255) / maximum);
}

const unknownKind = ({ bits, compression }: BmpHeader): Error =>
  new Error(`a BMP of ${bits} bits with compression ${compression} is not read`);
