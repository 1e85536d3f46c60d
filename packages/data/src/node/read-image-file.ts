import type { DecodedImage } from '../image/decoded-image';

import { decodeImage, type NodeDecodeImageOptions } from './decode-image';
import { readRegularFile } from './read-regular-file';

/**
 * The picture in a file: {@link decodeImage} on its content, with errors that name the path.
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
