import { ArgumentError, isZooError, readOptions } from '@zoo/core/options';

import {
  DECODE_IMAGE_OPTIONS,
  expectWithinLimit,
  messageOf,
  type DecodeImageOptions,
  type ResolvedDecodeOptions,
} from '../image/decode-options';
import type { DecodedImage } from '../image/decoded-image';
import { flattenAlpha } from '../image/flatten-alpha';
import { COMMON_FORMATS } from '../image/headers/common-formats';
import { isSmallJpeg } from '../image/jpeg/small-jpeg';
import { pictureError, readerAmong, readHeaderBy, type ImageHeader } from '../image/picture-format';
import { atOnce } from '../image/slices';

import { bitmapOf, rgbaOf, type Drawable } from './canvas';

/** What `decodeImage` reads in a browser: a file, bytes, or anything a canvas can draw. */
export type PictureSource = Blob | Uint8Array | Drawable;

/** Options of `decodeImage` in a browser. */
export type BrowserDecodeImageOptions = DecodeImageOptions;

/**
 * Decodes a picture to RGB bytes with the browser's decoder; BMP, PPM and ordinary small JPEG files are decoded as in Node, to the same
 * bytes.
 *
 * Files are checked before the browser decodes them (known content, complete, within the limits), because a browser shows the upper part of
 * a truncated file. ImageBitmaps, images, videos and canvases are read as they are drawn. Browsers can't decode TIFF.
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
  const { name = '' } = source instanceof Blob ? (source as Blob & { name?: string }) : {};
  const resolved = readOptions(DECODE_IMAGE_OPTIONS, name === '' ? options : { source: name, ...options });
  if (source instanceof Blob) return decodeBlob(source, resolved);
  if (source instanceof Uint8Array)
    return decodeBlob(new Blob([source as Uint8Array<ArrayBuffer>]), resolved);
  return read(source, resolved);
}

async function decodeBlob(blob: Blob, options: ResolvedDecodeOptions): Promise<DecodedImage> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const header = expectWithinLimit(await readHeader(bytes, options.source), options);
  const isPillow = options.convention === 'pillow';
  try {
    const own = await decodeByOwn(bytes, header, options);
    if (own !== undefined) return isPillow ? own : await oriented(own, header.orientation);
    const { format, orientation } = header;
    // Browsers turn all JPEG files alike, and PNG and WebP each as it likes.
    const isTurnedHere = orientation !== 1 && (format === 'png' || format === 'webp');
    const stored = isTurnedHere ? await unturned(bytes, format) : blob;
    const bitmap = await bitmapOf(stored, isPillow ? 'none' : 'from-image');
    try {
      const image = read(bitmap, options);
      return isTurnedHere && !isPillow ? await oriented(image, orientation) : image;
    } finally {
      bitmap.close();
    }
  } catch (error) {
    if (isZooError(error)) throw error;
    if (error instanceof RangeError) throw pictureError(options.source, 'it ends too early', error);
    throw pictureError(options.source, `the browser can't decode it (${messageOf(error)})`, error);
  }
}

/** Turned as EXIF says; fetched with the first picture that is not upright. */
async function oriented(image: DecodedImage, orientation: number): Promise<DecodedImage> {
  if (orientation === 1) return image;
  const { orientImage } = await import('./rare-pictures');
  return atOnce(orientImage(image, orientation));
}

async function unturned(bytes: Uint8Array<ArrayBuffer>, format: 'png' | 'webp'): Promise<Blob> {
  const { withoutExif } = await import('./rare-pictures');
  return new Blob(withoutExif(bytes, format));
}

async function readHeader(bytes: Uint8Array, source: string): Promise<ImageHeader> {
  const reader = readerAmong(COMMON_FORMATS, bytes);
  if (reader !== undefined) return readHeaderBy(reader, bytes, source);
  const { readImageHeader } = await import('./rare-pictures');
  return readImageHeader(bytes, source);
}

/** Files that are decoded as in Node; undefined for those that are the browser's. */
async function decodeByOwn(
  bytes: Uint8Array,
  header: ImageHeader,
  { convention, background }: ResolvedDecodeOptions,
): Promise<DecodedImage | undefined> {
  const isPillow = convention === 'pillow';
  // Rare in pages, so that their decoders are fetched with the first such picture.
  if (header.format === 'bmp') {
    const { decodeBmp } = await import('./rare-pictures');
    return atOnce(decodeBmp(bytes, isPillow ? undefined : background));
  }
  if (header.format === 'pnm') {
    const { decodePnm } = await import('./rare-pictures');
    return atOnce(decodePnm(bytes, isPillow));
  }
  // The browser decodes large ones, as cameras take them.
  if (!isSmallJpeg(bytes, header)) return undefined;
  try {
    const { decodeSmallJpeg, decoderKernels } = await import('./small-jpeg-decoder');
    await decoderKernels().prepare();
    return decodeSmallJpeg(bytes, header);
  } catch (error) {
    // A page's policy may forbid WebAssembly.
    if (error instanceof WebAssembly.CompileError || error instanceof EvalError) return undefined;
    throw error;
  }
}

function read(source: Drawable, { convention, background }: ResolvedDecodeOptions): DecodedImage {
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
  const rgba = rgbaOf(source, height, width);
  return flattenAlpha(rgba, height, width, convention === 'pillow' ? undefined : background);
}
