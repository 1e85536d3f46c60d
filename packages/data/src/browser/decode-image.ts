import { ArgumentError, isZooError, readOptions } from '@zoo/core/options';

import {
  DECODE_IMAGE_OPTIONS,
  messageOf,
  readHeaderWithinLimit,
  type DecodeImageOptions,
  type ResolvedDecodeOptions,
} from '../image/decode-options';
import type { DecodedImage } from '../image/decoded-image';
import { flattenAlpha } from '../image/flatten-alpha';
import { pictureError, type ImageHeader } from '../image/image-header';
import { decodeSmallJpeg } from '../image/jpeg/decode-baseline-jpeg';
import { orientImage } from '../image/orient-image';
import { atOnce } from '../image/slices';

import { bitmapOf, rgbaOf, type Drawable } from './canvas';
import { withoutExif } from './without-exif';

/** What `decodeImage` reads in a browser: a file, bytes, or anything a canvas can draw. */
export type PictureSource = Blob | Uint8Array | Drawable;

/** Options of `decodeImage` in a browser. */
export type BrowserDecodeImageOptions = DecodeImageOptions;

/**
 * A picture as RGB bytes, decoded by the browser; BMP, PPM and ordinary small JPEG files are decoded as in Node, to the same bytes.
 *
 * Files are checked as everywhere (known by content, whole, within the limits) before the browser sees them, which would show
 * the upper part of a file cut short. ImageBitmaps, images, videos and canvases are read as they are drawn. Browsers have no TIFF.
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
  const header = readHeaderWithinLimit(bytes, options);
  const isPillow = options.convention === 'pillow';
  try {
    const own = await decodeByOwn(bytes, header, options);
    if (own !== undefined) return isPillow ? own : atOnce(orientImage(own, header.orientation));
    const { format, orientation } = header;
    // Browsers turn all JPEG files alike, and PNG and WebP each as it likes.
    const isTurnedHere = orientation !== 1 && (format === 'png' || format === 'webp');
    const stored = isTurnedHere ? new Blob(withoutExif(bytes, format)) : blob;
    const bitmap = await bitmapOf(stored, isPillow ? 'none' : 'from-image');
    try {
      const image = read(bitmap, options);
      return isTurnedHere && !isPillow ? atOnce(orientImage(image, orientation)) : image;
    } finally {
      bitmap.close();
    }
  } catch (error) {
    if (isZooError(error)) throw error;
    if (error instanceof RangeError) throw pictureError(options.source, 'it ends too early', error);
    throw pictureError(options.source, `the browser can't decode it (${messageOf(error)})`, error);
  }
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
    const { decodeBmp } = await import('../image/decode-bmp');
    return atOnce(decodeBmp(bytes, isPillow ? undefined : background));
  }
  if (header.format === 'pnm') {
    const { decodePnm } = await import('../image/decode-pnm');
    return atOnce(decodePnm(bytes, isPillow));
  }
  try {
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
