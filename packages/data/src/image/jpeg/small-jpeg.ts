import type { ImageHeader } from '../picture-format';

/** Pixels of a JPEG that are decoded at once, on this thread: 3 ms or so. */
const AT_ONCE_LIMIT = 500_000;
/** Bytes of such a file: the kernels' memory, which never shrinks, holds the whole of it. */
const AT_ONCE_BYTES = 4 * 1024 * 1024;

/** True for a JPEG small enough to be decoded at once; apart, so that a page fetches that decoder for such a file alone. */
export function isSmallJpeg(bytes: Uint8Array, { format, height, width }: ImageHeader): boolean {
  return format === 'jpeg' && height * width <= AT_ONCE_LIMIT && bytes.length <= AT_ONCE_BYTES;
}
