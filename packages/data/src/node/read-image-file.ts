import type { ReadOptions } from '@zoo/core/options';

import type { DECODING_OPTIONS } from '../image/decode-options';
import type { DecodedImage } from '../image/decoded-image';
import { readHeaderWithinLimit } from '../image/image-header';
import { smallJpeg } from '../image/jpeg/decode-baseline-jpeg';
import { pictureError } from '../image/picture-format';
import type { OpenedImage } from '../sets/image-set';

import { decodeImage, decodeOpacity, type NodeDecodeImageOptions } from './decode-image';
import { giveFileRoom, takeFileRoom } from './file-room';
import { readRegularFile } from './read-regular-file';

/**
 * Reads and decodes a picture file, as {@link decodeImage} does, with errors that name the path.
 *
 * @throws ZooError `invalid-file` if the file can't be read, is no regular file, of another kind, broken or cut short.
 */
export async function readImageFile(
  path: string,
  options: NodeDecodeImageOptions = {},
): Promise<DecodedImage> {
  const bytes = await readRegularFile(path);
  return decodeImage(bytes, { source: path, ...options });
}

/** The opacity of a picture file, three times; undefined for a format that has none. */
export async function readOpacityOfFile(
  path: string,
  options: NodeDecodeImageOptions,
): Promise<DecodedImage | undefined> {
  return decodeOpacity(await readRegularFile(path), { source: path, ...options });
}

/** {@link readImageFile} that leaves the decoding of an ordinary JPEG, which needs no turning, to the caller. */
export async function openImageFile(
  path: string,
  options: ReadOptions<typeof DECODING_OPTIONS> & { readonly signal?: AbortSignal },
): Promise<OpenedImage> {
  const bytes = await readRegularFile(path, pictureError, takeFileRoom);
  const header = readHeaderWithinLimit(bytes, { ...options, source: path });
  const isUpright = options.convention === 'pillow' || header.orientation <= 1;
  const jpeg = isUpright ? smallJpeg(bytes, header) : undefined;
  // Of any other file the room is left to the garbage collector: a decoder may still read it when its promise is rejected.
  if (jpeg === undefined) return decodeImage(bytes, { source: path, ...options });
  return { ...jpeg, release: () => giveFileRoom(bytes) };
}
