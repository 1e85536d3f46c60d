import { ZooError } from '@zoo/core/options';

import { isAvif, readAvifHeader } from './headers/avif-header';
import { isBmp, readBmpHeader } from './headers/bmp-header';
import { isGif, readGifHeader } from './headers/gif-header';
import { StructureError, type HeaderFields } from './headers/header-fields';
import { isJpeg, readJpegHeader } from './headers/jpeg-header';
import { isPng, readPngHeader } from './headers/png-header';
import { isPnm, readPnmHeader } from './headers/pnm-header';
import { isTiff, readTiffHeader } from './headers/tiff-header';
import { isWebp, readWebpHeader } from './headers/webp-header';

/** A kind of picture file that is read, recognised by its content. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'bmp' | 'tiff' | 'pnm' | 'avif';

/** What a picture file says of itself, read without decoding it. */
export interface ImageHeader extends Required<HeaderFields> {
  readonly format: ImageFormat;
}

/** How one format is told and read. */
interface FormatReader {
  readonly format: ImageFormat;
  /** Whether the first bytes are this format's. */
  readonly matches: (view: DataView) => boolean;
  /** Walks the structure; throws RangeError where the file ends too early and StructureError where it contradicts itself. */
  readonly read: (view: DataView, bytes: Uint8Array) => HeaderFields;
}

const READERS: readonly FormatReader[] = [
  { format: 'jpeg', matches: isJpeg, read: readJpegHeader },
  { format: 'png', matches: isPng, read: readPngHeader },
  { format: 'webp', matches: isWebp, read: readWebpHeader },
  { format: 'gif', matches: isGif, read: readGifHeader },
  { format: 'bmp', matches: isBmp, read: readBmpHeader },
  { format: 'tiff', matches: isTiff, read: readTiffHeader },
  { format: 'avif', matches: isAvif, read: readAvifHeader },
  { format: 'pnm', matches: isPnm, read: readPnmHeader },
];

/** Endings of the files that are read: those of Keras' and torchvision's folder readers, and AVIF. */
export const PICTURE_ENDINGS: readonly string[] = [
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.png',
  '.webp',
  '.gif',
  '.bmp',
  '.tif',
  '.tiff',
  '.ppm',
  '.pgm',
  '.pbm',
  '.pnm',
  '.avif',
];

/** Bytes at the start of a file that tell its format. */
export const SIGNATURE_BYTES = 16;

/** The format that `bytes` begin as, whatever follows; undefined for any other content. */
export function imageFormatOf(bytes: Uint8Array): ImageFormat | undefined {
  if (bytes.length < SIGNATURE_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return READERS.find(({ matches }) => matches(view))?.format;
}

/** An 'invalid-file' error that names the picture. */
export function pictureError(source: string, problem: string, cause?: unknown): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected ${source} to be a whole picture but ${problem}. Replace the file or take it out of the data set.`,
    cause === undefined ? undefined : { cause },
  );
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
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = bytes.length < 3 ? undefined : READERS.find(({ matches }) => matches(view));
  if (reader === undefined) throw pictureError(source, 'its content is of another kind');
  let fields: HeaderFields;
  try {
    fields = reader.read(view, bytes);
  } catch (error) {
    // Reading past the end of a DataView is how a missing piece shows.
    if (error instanceof RangeError) throw pictureError(source, 'it ends too early', error);
    if (error instanceof StructureError) throw pictureError(source, error.message, error);
    throw error;
  }
  if (fields.height === 0 || fields.width === 0) throw pictureError(source, 'it holds no pixels');
  return { format: reader.format, orientation: 1, values: 'plain', scans: 1, ...fields };
}
