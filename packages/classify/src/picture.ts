import type { DecodedImage } from '@zoo/data';
import type { PictureSource } from '@zoo/data/browser';

/** Pixels as a canvas gives them: red, green, blue and opacity. [height, width, 4] */
export interface ImageDataLike {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/**
 * What can be classified: in Node a path or `file:` URL; anywhere an http(s) address, Blob, File, a file's bytes, `ImageData` or
 * decoded pixels; in browsers also whatever a canvas can draw (canvas, image, video, ImageBitmap), and addresses relative to the page.
 */
export type Picture = string | URL | ImageDataLike | DecodedImage | PictureSource;

/** A picture in words, for errors and results: its path, address or name. */
export function pictureName(picture: Picture): string {
  if (typeof picture === 'string') return picture;
  if (picture instanceof URL) return picture.href;
  const { name } = picture as { name?: unknown };
  return typeof name === 'string' ? name : 'the picture';
}

/** True for pixels that nothing has to be decoded of. */
export function isDecodedImage(picture: Picture): picture is DecodedImage {
  return typeof picture === 'object' && 'pixels' in picture && 'channels' in picture;
}

/** True for what a canvas' `getImageData` returns. */
export function isImageData(picture: Picture): picture is ImageDataLike {
  return typeof picture === 'object' && 'data' in picture && picture.data instanceof Uint8ClampedArray;
}
