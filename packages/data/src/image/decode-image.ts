import { expectInteger, isZooError } from '@zoo/core';

import { decodeJpeg } from './decode-jpeg';
import { decodePng } from './decode-png';
import type { DecodedImage, RgbColor } from './decoded-image';
import { pictureError, readImageHeader, type ImageHeader } from './image-header';
import { expectColor } from './image-size';

/** Options of {@link decodeImage}. */
export interface DecodeImageOptions {
  /** What transparent pixels are laid over. Default white. */
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
  return { background, source, pixelLimit };
}

/** The header of `bytes`, refused if it promises more pixels than the limit. */
export function readHeaderWithinLimit(bytes: Uint8Array, options: ResolvedDecodeOptions): ImageHeader {
  const header = readImageHeader(bytes, options.source);
  if (header.height * header.width > options.pixelLimit) {
    throw pictureError(
      options.source,
      `it has ${header.height} x ${header.width} pixels, more than the limit of ${options.pixelLimit}`,
    );
  }
  return header;
}

/**
 * A JPEG or PNG picture as RGB bytes, decoded in JavaScript alone.
 *
 * The format is recognised by the content. JPEG is turned upright by its EXIF orientation; transparent pixels of a PNG are
 * laid over `background`, palettes are looked up, grey is repeated and 16-bit values are cut to their high byte. Embedded
 * colour profiles are ignored, as Pillow and Keras do. `@zoo/data/node` has the same function on native decoders.
 *
 * @example
 * const { pixels, height, width } = await decodeImage(new Uint8Array(await response.arrayBuffer()));
 *
 * @param bytes The file's content.
 * @throws ZooError `invalid-file` for content of another kind, broken or cut short: never a part of a picture.
 */
export function decodeImage(bytes: Uint8Array, options?: DecodeImageOptions): Promise<DecodedImage> {
  return Promise.resolve().then(() => decodeInJavaScript(bytes, resolveDecodeOptions(options)));
}

/** {@link decodeImage} at once. */
export function decodeInJavaScript(bytes: Uint8Array, options: ResolvedDecodeOptions): DecodedImage {
  const header = readHeaderWithinLimit(bytes, options);
  try {
    return header.format === 'png' ? decodePng(bytes, options.background) : decodeJpeg(bytes, header);
  } catch (error) {
    if (isZooError(error)) throw error;
    throw pictureError(options.source, `it can't be decoded (${messageOf(error)})`, error);
  }
}

/** The words of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
