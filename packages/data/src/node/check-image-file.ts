import type { ReadOptions } from '@zoo/core/options';

import type { DECODING_OPTIONS } from '../image/decode-options';
import { imageFormatOf, readHeaderWithinLimit } from '../image/image-header';
import { pictureError } from '../image/picture-format';

import { readEnds } from './read-regular-file';

/** Bytes at either end of a large file that are looked at; a file of up to twice as many is looked at whole. */
const END_BYTES = 64 * 1024;

/**
 * Throws what is wrong with the picture in a file, as far as its structure shows: it can't be read, is of another kind, too
 * large, or cut short. Of a large file only both ends are read.
 *
 * @throws ZooError `invalid-file` that names the path.
 */
export async function checkImageFile(
  path: string,
  decoding: ReadOptions<typeof DECODING_OPTIONS>,
): Promise<void> {
  const { head, tail } = await readEnds(path, END_BYTES);
  if (tail === undefined) {
    readHeaderWithinLimit(head, { ...decoding, source: path });
    return;
  }
  const format = imageFormatOf(head);
  if (format === undefined) throw pictureError(path, 'its content is of another kind');
  const hasEnd =
    format === 'jpeg'
      ? Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength).includes(END_OF_IMAGE)
      : format !== 'png' || Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength).includes('IEND');
  if (!hasEnd) throw pictureError(path, 'it ends too early');
}

const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);
