import { close, constants, fstat, open, read, type Stats } from 'node:fs';
import { promisify } from 'node:util';

import { messageOf } from '../image/decode-options';
import type { DecodedImage } from '../image/decoded-image';
import { pictureError } from '../image/image-header';

import { decodeImage, type NodeDecodeImageOptions } from './decode-image';

// A named pipe without a writer would hold up an open that may wait; Windows has no such flag.
const READ_WITHOUT_WAITING = constants.O_RDONLY | ((constants as { O_NONBLOCK?: number }).O_NONBLOCK ?? 0);

/** Files with more bytes are not read: 16 bits of four values for 100 million pixels, and some. */
const FILE_BYTES_LIMIT = 2 ** 30;

// Fewer turns through the thread pool than node:fs/promises takes: a third less time for small files.
const files = {
  open: promisify(open),
  fstat: promisify<number, Stats>(fstat),
  read: promisify(read),
  close: promisify(close),
};

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

/** The bytes of a regular file, the first `limit` of them if it is given. */
export async function readRegularFile(path: string, limit = FILE_BYTES_LIMIT): Promise<Uint8Array> {
  const refuse = (problem: string, cause?: unknown) => pictureError(path, problem, cause);
  const readWhole = async (handle: number): Promise<Uint8Array> => {
    const stats = await files.fstat(handle);
    if (!stats.isFile()) throw refuse('it is no regular file');
    if (stats.size > FILE_BYTES_LIMIT)
      throw refuse(`it has ${stats.size} bytes, more than ${FILE_BYTES_LIMIT}`);
    const bytes = new Uint8Array(Math.min(stats.size, limit));
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await files.read(handle, bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  };
  const handle = await files.open(path, READ_WITHOUT_WAITING).catch((error: unknown) => {
    throw refuse(`it can't be read (${messageOf(error)})`, error);
  });
  try {
    return await readWhole(handle);
  } catch (error) {
    if (error instanceof Error && 'errno' in error)
      throw refuse(`it can't be read (${messageOf(error)})`, error);
    throw error;
  } finally {
    await files.close(handle);
  }
}
