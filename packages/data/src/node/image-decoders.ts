import {
  decodeInJavaScript,
  messageOf,
  readHeaderWithinLimit,
  type ResolvedDecodeOptions,
} from '../image/decode-image';
import type { DecodedImage } from '../image/decoded-image';
import { rgbImage } from '../image/decoded-image';
import { flattenAlpha } from '../image/flatten-alpha';
import { pictureError, type ImageHeader } from '../image/image-header';
import { orientImage } from '../image/orient-image';

/** What decodes a picture: a native library, or JavaScript. */
export type ImageDecoderName = 'jpeg-turbo' | 'sharp' | 'javascript';

/** Decodes the formats it is asked for; undefined where it can't do this kind of picture. */
export interface NativeDecoder {
  readonly name: ImageDecoderName;
  canDecode(header: ImageHeader): boolean;
  /** The picture as stored: orientation is the caller's. */
  decode(bytes: Uint8Array, header: ImageHeader, options: ResolvedDecodeOptions): Promise<DecodedImage>;
}

let installed: Promise<readonly NativeDecoder[]> | undefined;

/** The native decoders that are installed and load, the fastest first; looked for once. */
export function nativeDecoders(): Promise<readonly NativeDecoder[]> {
  installed ??= Promise.all([jpegTurboDecoder(), sharpDecoder()]).then((decoders) =>
    decoders.filter((decoder) => decoder !== undefined),
  );
  return installed;
}

/** Decodes `bytes` with the first of `decoders` that can, else in JavaScript. */
export async function decodeWith(
  decoders: readonly NativeDecoder[],
  bytes: Uint8Array,
  options: ResolvedDecodeOptions,
): Promise<DecodedImage> {
  const header = readHeaderWithinLimit(bytes, options);
  const decoder = decoders.find((candidate) => candidate.canDecode(header));
  if (decoder === undefined) return decodeInJavaScript(bytes, options);
  try {
    return orientImage(await decoder.decode(bytes, header, options), header.orientation);
  } catch (error) {
    // jpeg-turbo fails on a warning of libjpeg, whose words it has lost by then.
    const words = messageOf(error) === 'No error' ? 'its data is damaged' : messageOf(error);
    throw pictureError(options.source, `it can't be decoded (${decoder.name}: ${words})`, error);
  }
}

/** libjpeg-turbo; it knows no conversion from CMYK. */
async function jpegTurboDecoder(): Promise<NativeDecoder | undefined> {
  const turbo = await import('@julusian/jpeg-turbo').then(
    (module) => module.default,
    () => undefined,
  );
  if (turbo === undefined) return undefined;
  return {
    name: 'jpeg-turbo',
    canDecode: ({ format, components }) => format === 'jpeg' && components < 4,
    decode: async (bytes) => {
      const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const { data, height, width } = await turbo.decompress(input, { format: turbo.FORMAT_RGB });
      return rgbImage(height, width, new Uint8Array(data.buffer, data.byteOffset, height * width * 3));
    },
  };
}

/** libvips by sharp, told to stop at the first warning and to leave colour profiles alone. */
async function sharpDecoder(): Promise<NativeDecoder | undefined> {
  const sharp = await import('sharp').then(
    (module) => module.default,
    () => undefined,
  );
  if (sharp === undefined) return undefined;
  return {
    name: 'sharp',
    canDecode: () => true,
    decode: async (bytes, { hasAlpha }, { background, pixelLimit }) => {
      const pipeline = sharp(bytes, {
        failOn: 'warning',
        limitInputPixels: pixelLimit,
        ignoreIcc: true,
        autoOrient: false,
      }).toColourspace('srgb');
      const channels = hasAlpha ? pipeline.ensureAlpha() : pipeline.removeAlpha();
      const { data, info } = await channels.raw().toBuffer({ resolveWithObject: true });
      const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      if (info.channels === 4) return flattenAlpha(pixels, info.height, info.width, background);
      return rgbImage(info.height, info.width, pixels);
    },
  };
}
