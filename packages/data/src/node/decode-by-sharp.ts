import { ZooError } from '@zoo/core';
import type sharpModule from 'sharp';
import type { Sharp } from 'sharp';

import { rgbImage, type DecodedImage, type RgbColor } from '../image/decoded-image';
import { flattenAlpha } from '../image/flatten-alpha';
import type { ImageHeader } from '../image/image-header';

/** What {@link decodeBySharp} needs to know. */
interface SharpDecodeOptions {
  /** What transparent pixels are laid over; undefined drops their opacity. */
  readonly background: RgbColor | undefined;
  /** Cuts off grey of more than 8 bits at 255, as Pillow does; else its high byte counts. */
  readonly cutsDeepGrey: boolean;
  readonly pixelLimit: number;
}

/**
 * The picture as its file stores it, by libvips: its native build, or its WebAssembly build where none is installed.
 *
 * Both are libjpeg-turbo with its exact inverse transform and smooth upsampling, libpng, libwebp and libtiff, so that the
 * pixels are Pillow's. Any warning is an error; colour profiles and orientation are left alone.
 */
export async function decodeBySharp(
  bytes: Uint8Array,
  header: ImageHeader,
  { background, cutsDeepGrey, pixelLimit }: SharpDecodeOptions,
): Promise<DecodedImage> {
  const sharp = await loadSharp();
  const pipeline = sharp(bytes, {
    failOn: 'warning',
    limitInputPixels: pixelLimit,
    ignoreIcc: true,
    autoOrient: false,
    page: 0,
    pages: 1,
  });
  const { values, format } = header;
  if (values === 'cmyk') {
    const cmyk = await rawPixels(pipeline.pipelineColourspace('cmyk').toColourspace('cmyk'));
    expectSize(cmyk, header);
    return fromCmyk(cmyk);
  }
  if (values === 'deep grey' && cutsDeepGrey) {
    const raw = await pipeline
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    const deep = new Uint16Array(raw.data.buffer, raw.data.byteOffset, raw.data.byteLength / 2);
    expectSize(raw.info, header);
    return cutDeepGrey(deep, raw.info);
  }
  const raw = await rawPixels(pipeline.toColourspace('srgb'));
  // The decoder turns AVIF files by itself, so that their sides may be exchanged.
  if (format !== 'avif') expectSize(raw, header);
  const { pixels, height, width, channels } = raw;
  return channels === 4 ? flattenAlpha(pixels, height, width, background) : rgbImage(height, width, pixels);
}

interface RawPixels {
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

async function rawPixels(pipeline: Sharp): Promise<RawPixels> {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { pixels, height: info.height, width: info.width, channels: info.channels };
}

/** The header that was held against the limits must be the one that was decoded. */
function expectSize(decoded: { height: number; width: number }, { height, width }: ImageHeader): void {
  if (decoded.height === height && decoded.width === width) return;
  throw new Error(`its header says ${height} x ${width}, its data ${decoded.height} x ${decoded.width}`);
}

/** Pillow's conversion (libImaging/Convert.c, cmyk2rgb): `255 - K - C * (255 - K) / 255`, rounded. */
function fromCmyk({ pixels, height, width }: RawPixels): DecodedImage {
  const out = rgbImage(height, width);
  for (let source = 0, target = 0; target < out.pixels.length; source += 4, target += 3) {
    const white = 255 - pixels[source + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const product = pixels[source + channel]! * white + 128;
      out.pixels[target + channel] = white - (((product >> 8) + product) >> 8);
    }
  }
  return out;
}

function cutDeepGrey(
  values: Uint16Array,
  { height, width, channels }: { height: number; width: number; channels: number },
): DecodedImage {
  const out = rgbImage(height, width);
  for (let pixel = 0; pixel < height * width; pixel++) {
    out.pixels.fill(Math.min(255, values[pixel * channels]!), pixel * 3, pixel * 3 + 3);
  }
  return out;
}

let loaded: Promise<typeof sharpModule> | undefined;

/** sharp, loaded once; its own loader takes the WebAssembly build where the native one is absent. */
function loadSharp(): Promise<typeof sharpModule> {
  loaded ??= import('sharp').then(
    (module) => module.default,
    (error: unknown) => {
      throw new ZooError(
        'unsupported',
        'Expected the picture decoder sharp to load but neither its native nor its WebAssembly build does. Run `npm install sharp @img/sharp-wasm32`.',
        { cause: error },
      );
    },
  );
  return loaded;
}
