import type { OptionsOf, OptionTable, ReadOptions } from '@zoo/core/options';

import { COLOR } from '../option-rows';

import { pictureError, type ImageHeader } from './picture-format';

/**
 * How the values of a file become red, green and blue.
 *
 * - `upright` (default): turned by its EXIF orientation, transparent pixels laid over `background`, 16-bit values cut to their
 *   high byte.
 * - `pillow`: what `Image.open(path).convert('RGB')` of Python gives, and so what the folder readers of Keras and torchvision
 *   train on: EXIF is ignored, opacity dropped, 16-bit grey cut off at 255.
 */
export type DecodeConvention = (typeof DECODING_OPTIONS.convention.choices)[number];

/** How pictures are decoded, whatever they are called. */
export const DECODING_OPTIONS = {
  /** Default `upright`. */
  convention: { type: 'choice', choices: ['upright', 'pillow'], default: 'upright' },
  /** What transparent pixels are laid over in `upright`. Default white. */
  background: { ...COLOR, default: [255, 255, 255] },
  /** Pictures with more pixels are refused before they are decoded. Default 100 million. */
  pixelLimit: { type: 'integer', minimum: 1, default: 100_000_000 },
} as const satisfies OptionTable;

/** How one picture is decoded. */
export const DECODE_IMAGE_OPTIONS = {
  ...DECODING_OPTIONS,
  /** The picture's name in error messages. Default 'the picture'. */
  source: { type: 'text', default: 'the picture' },
} as const satisfies OptionTable;

/** Options of `decodeImage`. */
export interface DecodeImageOptions extends OptionsOf<typeof DECODE_IMAGE_OPTIONS> {}

/** {@link DecodeImageOptions}, checked and complete. */
export type ResolvedDecodeOptions = ReadOptions<typeof DECODE_IMAGE_OPTIONS>;

/** The longest side of a picture: JPEG has no longer one, and decoders keep whole rows. */
const SIDE_LIMIT = 65_535;
/** Scans of a progressive JPEG: encoders write about ten; libjpeg-turbo's own tools stop at this many. */
const SCAN_LIMIT = 500;
/** Scans times pixels, in units of the limit of pixels: what decoding costs grows with both. */
const WORK_LIMIT = 10;

/** `header`, refused if it promises more than the limits allow. */
export function expectWithinLimit(header: ImageHeader, options: ResolvedDecodeOptions): ImageHeader {
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
