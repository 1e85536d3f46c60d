import {
  ASPECT_MODES,
  DEFAULT_PREPROCESSING,
  readOptions,
  RESIZE_METHODS,
  type OptionsOf,
  type OptionTable,
  type ReadOptions,
  type ResizeMethod,
} from '@zoo/core/options';

import { COLOR } from '../option-rows';

import { rgbImage, type DecodedImage, type RgbColor } from './decoded-image';
import { resizeImage, stretchSteps, takeStep, type ResizeStep } from './resize-image';

/** How a picture gets another size. */
export const FIT_IMAGE_OPTIONS = {
  /** How pixels are found at another size. Default `antialias`. */
  resize: { type: 'choice', choices: RESIZE_METHODS, default: DEFAULT_PREPROCESSING.resize },
  /** What happens to pictures of another proportion. Default `stretch`. */
  aspect: { type: 'choice', choices: ASPECT_MODES, default: DEFAULT_PREPROCESSING.aspect },
  /** The share of the resized picture's side that `aspect: 'resizeCrop'` keeps, above 0 and at most 1. Default 1. */
  cropFraction: {
    type: 'number',
    minimum: 0,
    exclusiveMinimum: true,
    maximum: 1,
    default: DEFAULT_PREPROCESSING.cropFraction,
  },
  /** The border's colour for `aspect: 'pad'`. Default black, as Keras pads. */
  padColor: { ...COLOR, default: DEFAULT_PREPROCESSING.padColor },
} as const satisfies OptionTable;

/** Options of {@link fitImage}. */
export interface FitImageOptions extends OptionsOf<typeof FIT_IMAGE_OPTIONS> {}

/** `image` in the size `height` x `width`, by stretching, cropping or padding. */
export function fitImage(
  image: DecodedImage,
  height: number,
  width: number,
  options: FitImageOptions = {},
): DecodedImage {
  return fitToSize(image, [height, width], readOptions(FIT_IMAGE_OPTIONS, options));
}

/** {@link fitImage} with options that were read before; others among them do not matter. */
export function fitToSize(
  image: DecodedImage,
  [height, width]: readonly [height: number, width: number],
  options: ReadOptions<typeof FIT_IMAGE_OPTIONS>,
): DecodedImage {
  const steps = fitSteps(image, [height, width], options);
  if (steps !== undefined) return steps.reduce(takeStep, image);
  return padToAspect(image, height, width, options.resize, options.padColor);
}

/** What {@link fitToSize} does to a picture of `size`, one step after the other; undefined where it adds a border. */
export function fitSteps(
  size: { readonly height: number; readonly width: number },
  [height, width]: readonly [height: number, width: number],
  { resize, aspect, cropFraction }: ReadOptions<typeof FIT_IMAGE_OPTIONS>,
): readonly ResizeStep[] | undefined {
  if (aspect === 'stretch') return stretchSteps(size, height, width, resize);
  if (aspect === 'crop') return [cropToAspect(size, height, width, resize)];
  if (aspect === 'resizeCrop') return resizeAndCrop(size, height, width, resize, cropFraction);
  return undefined;
}

/** Sizes as timm's `crop_pct` and torchvision's Resize take them, offsets as its CenterCrop does. */
function resizeAndCrop(
  size: { readonly height: number; readonly width: number },
  height: number,
  width: number,
  method: ResizeMethod,
  fraction: number,
): ResizeStep[] {
  const covered = [Math.floor(height / fraction), Math.floor(width / fraction)] as const;
  const isNarrow = size.width * covered[0] <= size.height * covered[1];
  const [resizedHeight, resizedWidth] = isNarrow
    ? [Math.trunc((size.height * covered[1]) / size.width), covered[1]]
    : [covered[0], Math.trunc((size.width * covered[0]) / size.height)];
  const region = {
    top: roundHalfToEven((resizedHeight - height) / 2),
    left: roundHalfToEven((resizedWidth - width) / 2),
    height,
    width,
  };
  return [
    ...stretchSteps(size, resizedHeight, resizedWidth, method),
    { kind: 'resize', region, height, width, method },
  ];
}

/** Python's `round`. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

/** Sizes and offsets as Keras' smart_resize takes them: truncated, then halved downwards. */
export function cropToAspect(
  size: { readonly height: number; readonly width: number },
  height: number,
  width: number,
  method: ResizeMethod,
): ResizeStep {
  const cropHeight = Math.max(1, Math.min(size.height, Math.trunc((size.width * height) / width)));
  const cropWidth = Math.max(1, Math.min(size.width, Math.trunc((size.height * width) / height)));
  const region = {
    top: Math.trunc((size.height - cropHeight) / 2),
    left: Math.trunc((size.width - cropWidth) / 2),
    height: cropHeight,
    width: cropWidth,
  };
  return { kind: 'resize', region, height, width, method };
}

function padToAspect(
  image: DecodedImage,
  height: number,
  width: number,
  method: ResizeMethod,
  color: RgbColor,
): DecodedImage {
  const factor = Math.min(height / image.height, width / image.width);
  const innerHeight = Math.min(height, Math.max(1, Math.round(image.height * factor)));
  const innerWidth = Math.min(width, Math.max(1, Math.round(image.width * factor)));
  const inner = resizeImage(image, [innerHeight, innerWidth], method);
  const out = filledImage(height, width, color);
  pasteImage(inner, out, (height - innerHeight) >> 1, (width - innerWidth) >> 1);
  return out;
}

/** A picture of one colour. */
export function filledImage(height: number, width: number, [red, green, blue]: RgbColor): DecodedImage {
  const out = rgbImage(height, width);
  for (let i = 0; i < out.pixels.length; i += 3) {
    out.pixels[i] = red;
    out.pixels[i + 1] = green;
    out.pixels[i + 2] = blue;
  }
  return out;
}

/** Copies all of `image` into `target`, its first pixel at `top` and `left`; it must fit. */
export function pasteImage(image: DecodedImage, target: DecodedImage, top: number, left: number): void {
  const rowBytes = image.width * 3;
  for (let y = 0; y < image.height; y++) {
    const row = image.pixels.subarray(y * rowBytes, (y + 1) * rowBytes);
    target.pixels.set(row, ((top + y) * target.width + left) * 3);
  }
}
