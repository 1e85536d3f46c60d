import { expectWithinLimit, type ResolvedDecodeOptions } from './decode-options';
import { isAvif, readAvifHeader } from './headers/avif-header';
import { isBmp, readBmpHeader } from './headers/bmp-header';
import { COMMON_FORMATS } from './headers/common-formats';
import { isGif, readGifHeader } from './headers/gif-header';
import { isPnm, readPnmHeader } from './headers/pnm-header';
import { isTiff, readTiffHeader } from './headers/tiff-header';
import {
  pictureError,
  readerAmong,
  readHeaderBy,
  type FormatReader,
  type ImageFormat,
  type ImageHeader,
} from './picture-format';

const READERS: readonly FormatReader[] = [
  ...COMMON_FORMATS,
  { format: 'gif', matches: isGif, read: readGifHeader },
  { format: 'bmp', matches: isBmp, read: readBmpHeader },
  { format: 'tiff', matches: isTiff, read: readTiffHeader },
  { format: 'avif', matches: isAvif, read: readAvifHeader },
  { format: 'pnm', matches: isPnm, read: readPnmHeader },
];

/** Bytes at the start of a file that tell its format. */
export const SIGNATURE_BYTES = 16;

/** The format that `bytes` begin as, whatever follows; undefined for any other content. */
export function imageFormatOf(bytes: Uint8Array): ImageFormat | undefined {
  return bytes.length < SIGNATURE_BYTES ? undefined : readerAmong(READERS, bytes)?.format;
}

/**
 * Format, size and orientation of a picture, recognised by its content.
 *
 * Walks the structure without decoding it, so that a file cut short is refused whatever its decoder would do, and reads the
 * size where the decoder reads it: a file that gives two is refused.
 *
 * @param bytes The file's content.
 * @param source The file's name, for the error's words.
 * @throws ZooError `invalid-file` for any other content, for a file cut short and for a picture without pixels.
 */
export function readImageHeader(bytes: Uint8Array, source: string): ImageHeader {
  if (bytes.length === 0) throw pictureError(source, 'it is empty');
  const reader = readerAmong(READERS, bytes);
  if (reader === undefined) throw pictureError(source, 'its content is of another kind');
  return readHeaderBy(reader, bytes, source);
}

/** {@link readImageHeader}, refused if it promises more than the limits allow. */
export function readHeaderWithinLimit(bytes: Uint8Array, options: ResolvedDecodeOptions): ImageHeader {
  return expectWithinLimit(readImageHeader(bytes, options.source), options);
}
