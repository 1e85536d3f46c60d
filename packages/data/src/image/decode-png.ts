import { convertIndexedToRgb, decode, type DecodedPng } from 'fast-png';

import { rgbImage, type DecodedImage, type RgbColor } from './decoded-image';
import { flattenAlpha } from './flatten-alpha';

const INDEXED_COLOR = 3;

/**
 * A PNG picture of any colour type and depth as RGB bytes: opacity laid over `background`, 16-bit values cut to their
 * high byte, grey repeated.
 *
 * @throws What fast-png throws for broken content.
 */
export function decodePng(bytes: Uint8Array, background: RgbColor): DecodedImage {
  const png = decode(bytes, { checkCrc: true });
  const { height, width } = png;
  const isIndexed = bytes[25] === INDEXED_COLOR;
  const [values, channels] = isIndexed ? indexedValues(png) : plainValues(png);
  if (values.length !== height * width * channels) {
    throw new Error(`${values.length} values for ${height} x ${width} x ${channels}`);
  }
  if (channels === 4) return flattenAlpha(values, height, width, background);
  if (channels === 3) return rgbImage(height, width, values);
  if (channels === 2) return flattenAlpha(repeatGrey(values, 2), height, width, background);
  return flattenAlpha(repeatGrey(values, 1), height, width, background);
}

function indexedValues(png: DecodedPng): [values: Uint8Array, channels: number] {
  return [convertIndexedToRgb(png), png.palette![0]!.length];
}

/** Values as bytes, with an opacity channel appended where one colour is marked as transparent. */
function plainValues(png: DecodedPng): [values: Uint8Array, channels: number] {
  const { channels, depth, transparency } = png;
  const whole = depth < 8 ? unpackBits(png) : png.data;
  const bytes = new Uint8Array(whole.length);
  const shift = depth === 16 ? 8 : 0;
  const scale = depth < 8 ? 255 / (2 ** depth - 1) : 1;
  for (let i = 0; i < bytes.length; i++) bytes[i] = (whole[i]! >> shift) * scale;
  if (transparency === undefined || transparency.length < channels) return [bytes, channels];
  return [appendTransparency(bytes, whole, channels, transparency), channels + 1];
}

/** The PNG specification's tRNS chunk: pixels of exactly this colour, at the file's own depth, are transparent. */
function appendTransparency(
  bytes: Uint8Array,
  whole: ArrayLike<number>,
  channels: number,
  color: ArrayLike<number>,
): Uint8Array {
  const pixelCount = bytes.length / channels;
  const out = new Uint8Array(pixelCount * (channels + 1));
  for (let pixel = 0; pixel < pixelCount; pixel++) {
    let matches = true;
    for (let channel = 0; channel < channels; channel++) {
      const index = pixel * channels + channel;
      out[pixel * (channels + 1) + channel] = bytes[index]!;
      matches &&= whole[index] === color[channel];
    }
    out[pixel * (channels + 1) + channels] = matches ? 0 : 255;
  }
  return out;
}

/** Grey values of 1, 2 or 4 bits, one a byte; each row of the file begins on a new byte. */
function unpackBits({ data, depth, height, width }: DecodedPng): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  const mask = 2 ** depth - 1;
  const out = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = data[y * rowBytes + (bit >> 3)]!;
      out[y * width + x] = (byte >> (8 - depth - (bit & 7))) & mask;
    }
  }
  return out;
}

/** [pixels, 1 or 2] grey with or without opacity as [pixels, 4]. */
function repeatGrey(values: Uint8Array, channels: 1 | 2): Uint8Array {
  const pixelCount = values.length / channels;
  const out = new Uint8Array(pixelCount * 4);
  for (let pixel = 0; pixel < pixelCount; pixel++) {
    const grey = values[pixel * channels]!;
    out[pixel * 4] = grey;
    out[pixel * 4 + 1] = grey;
    out[pixel * 4 + 2] = grey;
    out[pixel * 4 + 3] = channels === 2 ? values[pixel * 2 + 1]! : 255;
  }
  return out;
}
