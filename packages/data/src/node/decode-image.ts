import { expectOneOf } from '@zoo/core';

import { resolveDecodeOptions, type DecodeImageOptions } from '../image/decode-image';
import type { DecodedImage } from '../image/decoded-image';

import { decodeWith, nativeDecoders, type ImageDecoderName } from './image-decoders';

/** Options of `decodeImage` in Node. */
export interface NodeDecodeImageOptions extends DecodeImageOptions {
  /**
   * Uses this decoder only, and JavaScript for what it can't do. By default JPEG goes to jpeg-turbo, then to sharp, and PNG
   * to sharp, of those that are installed.
   */
  decoder?: ImageDecoderName;
}

/**
 * A JPEG or PNG picture as RGB bytes, by the fastest decoder that is installed.
 *
 * Same rules as `decodeImage` of `@zoo/data`. JPEG pixels differ by a few levels between decoders (the standard leaves the
 * arithmetic of the inverse transform open); PNG pixels are the same.
 *
 * @param bytes The file's content.
 * @throws ZooError `invalid-file` for content of another kind, broken or cut short: never a part of a picture.
 */
export async function decodeImage(
  bytes: Uint8Array,
  options: NodeDecodeImageOptions = {},
): Promise<DecodedImage> {
  const { decoder, ...rest } = options;
  const resolved = resolveDecodeOptions(rest);
  if (decoder !== undefined) {
    expectOneOf('options.decoder', decoder, ['jpeg-turbo', 'sharp', 'javascript']);
  }
  const decoders = await nativeDecoders();
  const chosen = decoder === undefined ? decoders : decoders.filter(({ name }) => name === decoder);
  return decodeWith(chosen, bytes, resolved);
}

/** Names of the decoders that `decodeImage` can use here, the fastest first. */
export async function availableDecoders(): Promise<ImageDecoderName[]> {
  return [...(await nativeDecoders()).map(({ name }) => name), 'javascript'];
}
