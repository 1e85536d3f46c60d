import { ZooError } from '@zoo/core/options';

import { StructureError, type HeaderFields } from './headers/header-fields';

/** A kind of picture file that is read, recognised by its content. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'bmp' | 'tiff' | 'pnm' | 'avif';

/** What a picture file says of itself, read without decoding it. */
export interface ImageHeader extends Required<HeaderFields> {
  readonly format: ImageFormat;
}

/** How one format is told and read. */
export interface FormatReader {
  readonly format: ImageFormat;
  /** Whether the first bytes are this format's. */
  readonly matches: (view: DataView) => boolean;
  /** Walks the structure; throws RangeError where the file ends too early and StructureError where it contradicts itself. */
  readonly read: (view: DataView, bytes: Uint8Array) => HeaderFields;
}

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

/** An 'invalid-file' error that names the picture. */
export function pictureError(source: string, problem: string, cause?: unknown): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected ${source} to be a whole picture but ${problem}. Replace the file or take it out of the data set.`,
    cause === undefined ? undefined : { cause },
  );
}

/** The reader among these for a file that begins so; undefined for none. */
export function readerAmong(readers: readonly FormatReader[], bytes: Uint8Array): FormatReader | undefined {
  const view = viewOf(bytes);
  return bytes.length < 3 ? undefined : readers.find(({ matches }) => matches(view));
}

/**
 * What the file says of itself, by its format's reader.
 *
 * @throws ZooError `invalid-file` for a file cut short and for a picture without pixels.
 */
export function readHeaderBy({ format, read }: FormatReader, bytes: Uint8Array, source: string): ImageHeader {
  let fields: HeaderFields;
  try {
    fields = read(viewOf(bytes), bytes);
  } catch (error) {
    // Reading past the end of a DataView is how a missing piece shows.
    if (error instanceof RangeError) throw pictureError(source, 'it ends too early', error);
    if (error instanceof StructureError) throw pictureError(source, error.message, error);
    throw error;
  }
  if (fields.height === 0 || fields.width === 0) throw pictureError(source, 'it holds no pixels');
  return { format, orientation: 1, values: 'plain', scans: 1, ...fields };
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
