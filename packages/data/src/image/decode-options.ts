import { expectInteger, expectOneOf } from '@zoo/core';

import type { RgbColor } from './decoded-image';
import { pictureError, readImageHeader, type ImageHeader } from './image-header';
import { expectColor } from './image-size';

/**
 * How the values of a file become red, green and blue.
 *
 * - `upright` (default): turned by its EXIF orientation, transparent pixels laid over `background`, 16-bit values cut to their
 *   high byte.
 * - `pillow`: what `Image.open(path).convert('RGB')` of Python gives, and so what the folder readers of Keras and torchvision
 *   train on: EXIF is ignored, opacity dropped, 16-bit grey cut off at 255.
 */
export type DecodeConvention = 'upright' | 'pillow';

/** Options of `decodeImage`. */
export interface DecodeImageOptions {
  /** Default `upright`. */
  convention?: DecodeConvention;
  /** What transparent pixels are laid over in `upright`. Default white. */
  background?: RgbColor;
  /** The picture's name in error messages. Default 'the picture'. */
  source?: string;
  /** Pictures with more pixels are refused before they are decoded. Default 100 million. */
  pixelLimit?: number;
}

/** {@link DecodeImageOptions}, checked and complete. */
export type ResolvedDecodeOptions = Required<DecodeImageOptions>;

/** `options` with its defaults; throws ArgumentError for values that make no sense. */
export function resolveDecodeOptions(options: DecodeImageOptions = {}): ResolvedDecodeOptions {
  const { background = [255, 255, 255], source = 'the picture', pixelLimit = 100_000_000 } = options;
  expectColor('options.background', background);
  expectInteger('options.pixelLimit', pixelLimit, { minimum: 1 });
  const convention = expectOneOf('options.convention', options.convention ?? 'upright', [
    'upright',
    'pillow',
  ]);
  return { convention, background, source, pixelLimit };
}

/** The longest side of a picture: JPEG has no longer one, and decoders keep whole rows. */
const SIDE_LIMIT = 65_535;
/** Scans of a progressive JPEG: encoders write about ten; libjpeg-turbo's own tools stop at this many. */
const SCAN_LIMIT = 500;
/** Scans times pixels, in units of the limit of pixels: what decoding costs grows with both. */
const WORK_LIMIT = 10;

/** The header of `bytes`, refused if it promises more than the limits allow. */
export function readHeaderWithinLimit(bytes: Uint8Array, options: ResolvedDecodeOptions): ImageHeader {
  const header = readImageHeader(bytes, options.source);
  const { height, width, scans } = header;
  const refuse = (problem: string) => pictureError(options.source, problem);
  if (height * width > options.pixelLimit) {
    throw refuse(`it has ${height} x ${width} pixels, more than the limit of ${options.pixelLimit}`);
  }
  if (Math.max(height, width) > SIDE_LIMIT) {
    throw refuse(`it has ${height} x ${width} pixels, and the limit of a side is ${SIDE_LIMIT}`);
  }
  if (scans > SCAN_LIMIT || scans * height * width > WORK_LIMIT * options.pixelLimit) {
    throw refuse(`its ${height} x ${width} pixels come in ${scans} scans, which take too long to decode`);
  }
  return header;
}

/** The words of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
