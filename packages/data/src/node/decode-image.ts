import { isZooError, readOptions, SIGNAL, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { decodeBmp } from '../image/decode-bmp';
import { DECODE_IMAGE_OPTIONS, messageOf, type ResolvedDecodeOptions } from '../image/decode-options';
import { decodePnm } from '../image/decode-pnm';
import type { DecodedImage } from '../image/decoded-image';
import { readHeaderWithinLimit } from '../image/image-header';
import { decodeSmallJpeg } from '../image/jpeg/decode-baseline-jpeg';
import { orientImage } from '../image/orient-image';
import { pictureError, type ImageHeader } from '../image/picture-format';

import { decodeBySharp } from './decode-by-sharp';
import { inSlices } from './in-slices';

const NODE_DECODE_IMAGE_OPTIONS = {
  ...DECODE_IMAGE_OPTIONS,
  /** Aborted, the promise is rejected at once with its reason; decoding ends then too, or, of a picture that takes little, soon. */
  signal: SIGNAL,
} as const satisfies OptionTable;

/** Options of `decodeImage` in Node. */
export interface NodeDecodeImageOptions extends OptionsOf<typeof NODE_DECODE_IMAGE_OPTIONS> {}

/**
 * Decodes a picture to RGB bytes: JPEG, PNG, WebP, GIF, BMP, TIFF, PPM or AVIF, recognised by its content.
 *
 * The pixels are the same on every machine, and the same as Pillow's except for AVIF and transparent pixels of a GIF. Of an animation the
 * first frame is read; embedded colour profiles are ignored, as Pillow and Keras ignore them. Long decoding runs in a child process, which
 * ends on an abort or after two minutes.
 *
 * @example
 * const { pixels, height, width } = await decodeImage(await readFile('dog.jpg'));
 *
 * @param bytes The file's content.
 * @throws ZooError `invalid-file` for content of another kind, broken or cut short: never a part of a picture.
 */
export async function decodeImage(
  bytes: Uint8Array,
  options: NodeDecodeImageOptions = {},
): Promise<DecodedImage> {
  const { signal, ...resolved } = readOptions(NODE_DECODE_IMAGE_OPTIONS, options);
  signal?.throwIfAborted();
  const header = readHeaderWithinLimit(bytes, resolved);
  return upToAbort(decode(bytes, header, resolved, signal), signal);
}

async function decode(
  bytes: Uint8Array,
  header: ImageHeader,
  options: ResolvedDecodeOptions,
  signal: AbortSignal | undefined,
): Promise<DecodedImage> {
  const isPillow = options.convention === 'pillow';
  try {
    const image = await decodeStored(bytes, header, options, signal);
    // Pillow turns TIFF files by itself, and them alone.
    if (isPillow && header.format !== 'tiff') return image;
    return await inSlices(orientImage(image, header.orientation), signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (isZooError(error)) throw error;
    if (error instanceof RangeError) throw pictureError(options.source, 'it ends too early', error);
    throw pictureError(options.source, `it can't be decoded (${messageOf(error)})`, error);
  }
}

/**
 * The opacity of each pixel, three times, as Python's `Image.open(path).convert('RGBA')` has it: to be called where that picture was decoded
 * without an error. Undefined for formats that have none.
 */
export async function decodeOpacity(
  bytes: Uint8Array,
  options: NodeDecodeImageOptions,
): Promise<DecodedImage | undefined> {
  const { signal, ...resolved } = readOptions(NODE_DECODE_IMAGE_OPTIONS, options);
  const header = readHeaderWithinLimit(bytes, resolved);
  if (header.format === 'jpeg' || header.format === 'pnm') return undefined;
  const over = (value: number) => decodeStored(bytes, header, resolved, signal, [value, value, value]);
  const black = await over(0);
  const white = await over(255);
  // What shines through of white: round(x + n) - round(x) is n for a whole n.
  const pixels = white.pixels.map((value, index) => 255 - value + black.pixels[index]!);
  const opacity = { ...white, pixels };
  return header.format === 'tiff' ? inSlices(orientImage(opacity, header.orientation), signal) : opacity;
}

/** The picture as its file stores it. */
function decodeStored(
  bytes: Uint8Array,
  header: ImageHeader,
  options: ResolvedDecodeOptions,
  signal: AbortSignal | undefined,
  background = options.convention === 'pillow' ? undefined : options.background,
): DecodedImage | Promise<DecodedImage> {
  const isPillow = options.convention === 'pillow';
  if (header.format === 'bmp') return inSlices(decodeBmp(bytes, background), signal);
  if (header.format === 'pnm') return inSlices(decodePnm(bytes, isPillow), signal);
  return (
    decodeSmallJpeg(bytes, header) ??
    decodeBySharp(bytes, header, {
      background,
      cutsDeepGrey: isPillow,
      pixelLimit: options.pixelLimit,
      signal,
    })
  );
}

/** `work`, or the signal's reason as soon as it is aborted: what goes on then is short, and its result dropped. */
function upToAbort<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => {
      // The caller's own reason, as throwIfAborted throws it.
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    void work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}
