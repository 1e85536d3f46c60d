import { ArgumentError } from '@zoo/core';

import {
  messageOf,
  readHeaderWithinLimit,
  resolveDecodeOptions,
  type DecodeImageOptions,
  type ResolvedDecodeOptions,
} from '../image/decode-options';
import type { DecodedImage } from '../image/decoded-image';
import { flattenAlpha } from '../image/flatten-alpha';
import { pictureError } from '../image/image-header';

import { bitmapOf, rgbaOf, type Drawable } from './canvas';

/** What `decodeImage` reads in a browser: a file, bytes, or anything a canvas can draw. */
export type PictureSource = Blob | Uint8Array | Drawable;

/** Options of `decodeImage` in a browser. */
export type BrowserDecodeImageOptions = DecodeImageOptions;

/**
 * A picture as RGB bytes, decoded by the browser itself.
 *
 * Files are checked as everywhere (JPEG and PNG by content, whole, within the limit of pixels) before the browser sees them,
 * which would show the upper part of a file cut short. ImageBitmaps, images, videos and canvases are read as they are drawn.
 *
 * @example
 * const image = await decodeImage(fileInput.files[0]);
 *
 * @throws ZooError `invalid-file` for content of another kind, broken or cut short.
 */
export async function decodeImage(
  source: PictureSource,
  options: BrowserDecodeImageOptions = {},
): Promise<DecodedImage> {
  const name = source instanceof Blob ? (source as Blob & { name?: string }).name : undefined;
  const resolved = resolveDecodeOptions(name === undefined ? options : { source: name, ...options });
  if (source instanceof Blob) return decodeBlob(source, resolved);
  if (source instanceof Uint8Array) return decodeBlob(new Blob([source]), resolved);
  return read(source, resolved);
}

async function decodeBlob(blob: Blob, options: ResolvedDecodeOptions): Promise<DecodedImage> {
  readHeaderWithinLimit(new Uint8Array(await blob.arrayBuffer()), options);
  const bitmap = await bitmapOf(blob).catch((error: unknown) => {
    throw pictureError(options.source, `the browser can't decode it (${messageOf(error)})`, error);
  });
  try {
    return read(bitmap, options);
  } finally {
    bitmap.close();
  }
}

function read(source: Drawable, { background }: ResolvedDecodeOptions): DecodedImage {
  // An image element's width may be set by its page; its picture has a size of its own, and so has a video's frame.
  const sized = source as Drawable &
    Partial<Record<'naturalWidth' | 'naturalHeight' | 'videoWidth' | 'videoHeight', number>>;
  const width = sized.naturalWidth ?? sized.videoWidth ?? sized.width;
  const height = sized.naturalHeight ?? sized.videoHeight ?? sized.height;
  if (!(width > 0 && height > 0)) {
    throw new ArgumentError(
      'source',
      'a file, bytes or a loaded picture',
      source,
      'Wait for its load event first.',
    );
  }
  return flattenAlpha(rgbaOf(source, height, width), height, width, background);
}
