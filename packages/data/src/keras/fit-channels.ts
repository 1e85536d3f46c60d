import type { ReadOptions } from '@zoo/core/options';

import { rgbImage, type DecodedImage } from '../image/decoded-image';
import { cropToAspect, fitToSize, type FIT_IMAGE_OPTIONS } from '../image/fit-image';
import { resizeBox } from '../image/resize-image';

import type { ChannelImage } from './channel-image';

/** `image` in another size as Keras' `load_img` has it, by Pillow: pictures with one channel and with opacity, too. */
export function fitChannels(
  image: ChannelImage,
  size: readonly [height: number, width: number],
  options: FitOptions,
): ChannelImage {
  const { channels } = image;
  if (channels === 3) return fit({ ...image, channels }, size, options);
  if (image.height === size[0] && image.width === size[1]) return image;
  if (channels === 1) return firstOf(fit(spread(image, 0), size, options));
  // Pillow resizes colours in the measure of their opacity, except by `nearest`.
  const isMixed = options.resize !== 'nearest';
  const opacity = fit(spread(image, 3), size, options);
  const colors = fit(colorsOf(image, isMixed ? premultiplied : keep), size, options);
  const out = new Uint8Array(opacity.height * opacity.width * 4);
  for (let source = 0, target = 0; target < out.length; source += 3, target += 4) {
    const alpha = opacity.pixels[source]!;
    for (let channel = 0; channel < 3; channel++) {
      const value = colors.pixels[source + channel]!;
      out[target + channel] = isMixed ? divided(value, alpha) : value;
    }
    out[target + 3] = alpha;
  }
  return { pixels: out, height: opacity.height, width: opacity.width, channels };
}

type FitOptions = ReadOptions<typeof FIT_IMAGE_OPTIONS>;

/** `load_img` crops by Pillow's `resize(box=...)`. */
function fit(
  image: DecodedImage,
  [height, width]: readonly [height: number, width: number],
  options: FitOptions,
): DecodedImage {
  if (options.aspect !== 'crop' || (image.height === height && image.width === width))
    return fitToSize(image, [height, width], options);
  const { region } = cropToAspect(image, height, width, options.resize);
  return resizeBox(image, region, height, width, options.resize);
}

/** One channel three times. */
function spread({ pixels, height, width, channels }: ChannelImage, channel: number): DecodedImage {
  const out = rgbImage(height, width);
  for (let i = 0; i < out.pixels.length; i++) out.pixels[i] = pixels[Math.floor(i / 3) * channels + channel]!;
  return out;
}

function firstOf({ pixels, height, width }: DecodedImage): ChannelImage {
  const out = new Uint8Array(height * width);
  for (let pixel = 0; pixel < out.length; pixel++) out[pixel] = pixels[pixel * 3]!;
  return { pixels: out, height, width, channels: 1 };
}

function colorsOf(
  { pixels, height, width }: ChannelImage,
  change: (value: number, alpha: number) => number,
): DecodedImage {
  const out = rgbImage(height, width);
  for (let source = 0, target = 0; source < pixels.length; source += 4, target += 3) {
    for (let channel = 0; channel < 3; channel++)
      out.pixels[target + channel] = change(pixels[source + channel]!, pixels[source + 3]!);
  }
  return out;
}

const keep = (value: number): number => value;

/** libImaging/Convert.c, rgbA2rgba. */
function premultiplied(value: number, alpha: number): number {
  const product = value * alpha + 128;
  return ((product >> 8) + product) >> 8;
}

/** libImaging/Convert.c, rgba2rgbA. */
function divided(value: number, alpha: number): number {
  return alpha === 0 || alpha === 255 ? value : Math.min(255, Math.trunc((255 * value) / alpha));
}
