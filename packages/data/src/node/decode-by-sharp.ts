import { rgbImage, type DecodedImage, type RgbColor } from '../image/decoded-image';
import { flattenAlphaInSlices } from '../image/flatten-alpha';
import type { ImageHeader } from '../image/picture-format';
import type { Slices } from '../image/slices';
import { withoutPackedTexts } from '../image/without-packed-texts';

import {
  decodeInProcess,
  NoProcessError,
  sharpInput,
  type RawPixels,
  type RawRecipe,
} from './decode-in-process';
import { inSlices } from './in-slices';
import { loadSharp } from './load-sharp';

/** What {@link decodeBySharp} needs to know. */
interface SharpDecodeOptions {
  /** What transparent pixels are laid over; undefined drops their opacity. */
  readonly background: RgbColor | undefined;
  /** Cuts off grey of more than 8 bits at 255, as Pillow does; else its high byte counts. */
  readonly cutsDeepGrey: boolean;
  readonly pixelLimit: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The picture as its file stores it, by libvips: its native build, or its WebAssembly build where none is installed.
 *
 * Both are libjpeg-turbo with its exact inverse transform and smooth upsampling, libpng, libwebp and libtiff, so that the
 * pixels are Pillow's. Any warning is an error; colour profiles and orientation are left alone.
 */
export async function decodeBySharp(
  file: Uint8Array,
  header: ImageHeader,
  { background, cutsDeepGrey, pixelLimit, signal }: SharpDecodeOptions,
): Promise<DecodedImage> {
  const { values, format, height, width } = header;
  const bytes = format === 'png' ? withoutPackedTexts(file) : file;
  const here = (recipe: RawRecipe) => decodeHere(bytes, recipe, pixelLimit);
  const apart = (recipe: RawRecipe) =>
    decodeInProcess(bytes, recipe, { pixelLimit, signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (error instanceof NoProcessError) return here(recipe);
      throw error;
    });
  const raw = takesLong(header) ? apart : here;
  if (values === 'cmyk') {
    const cmyk = await raw({ from: 'cmyk', to: 'cmyk', depth: 'uchar' });
    expectSize(cmyk, header);
    expectChannels(cmyk, [4]);
    return inSlices(fromCmyk(cmyk), signal);
  }
  if (values === 'deep grey' && cutsDeepGrey) {
    const deep = await raw({ to: 'grey16', depth: 'ushort' });
    expectSize(deep, header);
    return inSlices(cutDeepGrey(deep), signal);
  }
  const plain = await raw({ to: 'srgb', depth: 'uchar' });
  // The decoder rotates AVIF files itself, which may exchange their sides.
  if (format !== 'avif') expectSize(plain, header);
  else if (plain.height * plain.width > height * width)
    throw new Error('its data has more pixels than its header');
  expectChannels(plain, [3, 4]);
  return plain.channels === 4
    ? inSlices(flattenAlphaInSlices(plain.pixels, plain.height, plain.width, background), signal)
    : rgbImage(plain.height, plain.width, plain.pixels);
}

/** What a format's decoder takes for a pixel, in units of a JPEG's scan: between what photographs and what noise take. */
const WORK_PER_PIXEL: Partial<Record<ImageHeader['format'], number>> = { avif: 16, webp: 8 };
/** Pixels of one scan of a JPEG that are decoded in this process: half a second or so. */
const HERE_LIMIT = 64_000_000;

/** True for a picture that can't be left to go on after an abort: native code in this process runs to its end. */
function takesLong({ format, height, width, scans }: ImageHeader): boolean {
  return height * width * scans * (WORK_PER_PIXEL[format] ?? 1) > HERE_LIMIT;
}

async function decodeHere(bytes: Uint8Array, recipe: RawRecipe, pixelLimit: number): Promise<RawPixels> {
  const sharp = await loadSharp();
  const pipeline = sharp(bytes, sharpInput(pixelLimit));
  const { data, info } = await (
    recipe.from === undefined ? pipeline : pipeline.pipelineColourspace(recipe.from)
  )
    .toColourspace(recipe.to)
    .raw({ depth: recipe.depth })
    .toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { pixels, height: info.height, width: info.width, channels: info.channels };
}

/** The header that was held against the limits must be the one that was decoded. */
function expectSize(decoded: { height: number; width: number }, { height, width }: ImageHeader): void {
  if (decoded.height === height && decoded.width === width) return;
  throw new Error(`its header says ${height} x ${width}, its data ${decoded.height} x ${decoded.width}`);
}

/** A TIFF may have further samples in each pixel, of which nobody says what they are. */
function expectChannels({ channels }: RawPixels, allowed: readonly number[]): void {
  if (!allowed.includes(channels)) throw new Error(`it has ${channels} channels`);
}

/** Pillow's conversion (libImaging/Convert.c, cmyk2rgb): `255 - K - C * (255 - K) / 255`, rounded. */
function* fromCmyk({ pixels, height, width }: RawPixels): Slices<DecodedImage> {
  const out = rgbImage(height, width);
  for (let row = 0, source = 0, target = 0; row < height; row++) {
    for (let x = 0; x < width; x++, source += 4, target += 3) {
      const white = 255 - pixels[source + 3]!;
      for (let channel = 0; channel < 3; channel++) {
        const product = pixels[source + channel]! * white + 128;
        out.pixels[target + channel] = white - (((product >> 8) + product) >> 8);
      }
    }
    yield;
  }
  return out;
}

function* cutDeepGrey({ pixels, height, width, channels }: RawPixels): Slices<DecodedImage> {
  const values = new Uint16Array(pixels.buffer, pixels.byteOffset, pixels.byteLength / 2);
  const out = rgbImage(height, width);
  for (let row = 0, pixel = 0; row < height; row++) {
    for (let x = 0; x < width; x++, pixel++) {
      out.pixels.fill(Math.min(255, values[pixel * channels]!), pixel * 3, pixel * 3 + 3);
    }
    yield;
  }
  return out;
}
