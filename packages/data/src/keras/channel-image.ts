import type { DecodedImage } from '../image/decoded-image';
import type { ImageExample, ReadableImageSet } from '../sets/image-set';

/** The channels of Keras' `color_mode`, by its name. */
export const KERAS_CHANNELS = { grayscale: 1, rgb: 3, rgba: 4 } as const;

/** Keras' `color_mode`. */
export type KerasColorMode = keyof typeof KERAS_CHANNELS;

/** Names of {@link KerasColorMode}, its default first. */
export const KERAS_COLOR_MODES = ['rgb', 'rgba', 'grayscale'] as const satisfies readonly KerasColorMode[];

/** How many values a pixel has. */
export type ChannelCount = (typeof KERAS_CHANNELS)[KerasColorMode];

/** A picture as bytes; opacity, where it has that, is its fourth channel. */
export interface ChannelImage {
  /** [height, width, channels] */
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: ChannelCount;
}

/** The picture of `example` in the channels of `colorMode`; of a set that knows no opacity all pixels are opaque. */
export async function readChannels<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  example: Example,
  colorMode: KerasColorMode,
  signal?: AbortSignal,
  brightness = brightnessOf,
): Promise<ChannelImage> {
  const image = await set.readImage(example, signal);
  if (colorMode === 'rgb') return image;
  if (colorMode === 'grayscale') return brightness(image);
  return withOpacity(image, await set.readOpacity?.(example, signal));
}

/** One channel, ITU-R 601-2 in whole numbers: Pillow's `convert('L')`. */
export function brightnessOf(image: DecodedImage): ChannelImage {
  return eachPixel(image, (red, green, blue) => (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
}

/** The same as libpng has it, and so TensorFlow of a PNG: in other whole numbers, cut off (pngrtran.c, png_do_rgb_to_gray). */
export function brightnessByLibpng(image: DecodedImage): ChannelImage {
  return eachPixel(image, (red, green, blue) => (red * 9797 + green * 19234 + blue * 3737) >> 15);
}

function eachPixel(
  { pixels, height, width }: DecodedImage,
  valueOf: (red: number, green: number, blue: number) => number,
): ChannelImage {
  const out = new Uint8Array(height * width);
  for (let i = 0, pixel = 0; pixel < out.length; i += 3, pixel++)
    out[pixel] = valueOf(pixels[i]!, pixels[i + 1]!, pixels[i + 2]!);
  return { pixels: out, height, width, channels: 1 };
}

function withOpacity(
  { pixels, height, width }: DecodedImage,
  opacity: DecodedImage | undefined,
): ChannelImage {
  const out = new Uint8Array(height * width * 4);
  for (let source = 0, target = 0; source < pixels.length; source += 3, target += 4) {
    out[target] = pixels[source]!;
    out[target + 1] = pixels[source + 1]!;
    out[target + 2] = pixels[source + 2]!;
    out[target + 3] = opacity?.pixels[source] ?? 255;
  }
  return { pixels: out, height, width, channels: 4 };
}
