import { ArgumentError, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { rgbImage, type DecodedImage } from '../image/decoded-image';
import { PROBABILITY } from '../option-rows';

import type { Augmentation } from './augmentation';
import { POSITIVE_RANGE } from './expect-range';

/** Options of {@link randomGaussianBlur}, as data. */
export const RANDOM_GAUSSIAN_BLUR_OPTIONS = {
  /** Standard deviation in pixels. Default [0.1, 2]. */
  sigma: { ...POSITIVE_RANGE, default: [0.1, 2] },
  /** Odd number of pixels the kernel spans. Default twice the drawn sigma to each side. */
  kernelSize: { type: 'integer', minimum: 1 },
  /** How often it happens, from 0 to 1. Default 0.5. */
  probability: { ...PROBABILITY, default: 0.5 },
} as const satisfies OptionTable;

/** Options of {@link randomGaussianBlur}. */
export interface RandomGaussianBlurOptions extends OptionsOf<typeof RANDOM_GAUSSIAN_BLUR_OPTIONS> {}

/** Blurs by a Gaussian of random width, mirrored at the border without repeating it: torchvision's GaussianBlur. */
export function randomGaussianBlur(options: RandomGaussianBlurOptions = {}): Augmentation {
  const { sigma, kernelSize, probability } = readOptions(RANDOM_GAUSSIAN_BLUR_OPTIONS, options);
  if (kernelSize !== undefined && kernelSize % 2 === 0) {
    throw new ArgumentError('options.kernelSize', 'an odd number', kernelSize);
  }
  return {
    name: 'randomGaussianBlur',
    settings: { sigma, probability, kernelSize: kernelSize ?? null },
    apply: (image, random) => {
      if (random.uniform() >= probability) return image;
      const drawn = random.uniformBetween(...sigma);
      return blurImage(image, kernelSize ?? 2 * Math.ceil(2 * drawn) + 1, drawn);
    },
  };
}

/** `image` convolved with a Gaussian, columns after rows, rounded once at the end. */
export function blurImage(image: DecodedImage, kernelSize: number, sigma: number): DecodedImage {
  const { height, width, pixels } = image;
  const kernel = gaussianKernel(kernelSize, sigma);
  const rows = new Float32Array(pixels.length);
  const out = rgbImage(height, width);
  convolve(pixels, rows, kernel, {
    lines: height,
    lineStride: width * 3,
    length: width,
    step: 3,
    channels: 3,
  });
  // 0.5 is added for the rounding, and bytes cut off what is behind the point.
  convolve(
    rows,
    out.pixels,
    kernel,
    { lines: width, lineStride: 3, length: height, step: width * 3, channels: 3 },
    0.5,
  );
  return out;
}

/** One value a pixel convolved with a Gaussian, mirrored at the border. [height, width] */
export function blurPlane(
  plane: Float32Array,
  [height, width]: readonly [height: number, width: number],
  kernelSize: number,
  sigma: number,
): Float32Array {
  const kernel = gaussianKernel(kernelSize, sigma);
  const [rows, out] = [new Float32Array(plane.length), new Float32Array(plane.length)];
  convolve(plane, rows, kernel, { lines: height, lineStride: width, length: width, step: 1, channels: 1 });
  convolve(rows, out, kernel, { lines: width, lineStride: 1, length: height, step: width, channels: 1 });
  return out;
}

function gaussianKernel(size: number, sigma: number): Float32Array {
  const half = (size - 1) / 2;
  const values = Float32Array.from({ length: size }, (_, i) => Math.exp(-0.5 * ((i - half) / sigma) ** 2));
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

interface Axis {
  lines: number;
  lineStride: number;
  length: number;
  step: number;
  channels: number;
}

/** Convolves every line of an axis, all channels, and adds `bias`. */
function convolve(
  source: ArrayLike<number>,
  target: Float32Array | Uint8Array,
  kernel: Float32Array,
  { lines, lineStride, length, step, channels }: Axis,
  bias = 0,
): void {
  const half = (kernel.length - 1) / 2;
  const offsets = Int32Array.from({ length: length + 2 * half }, (_, i) => mirrored(i - half, length) * step);
  for (let line = 0; line < lines; line++) {
    for (let position = 0; position < length; position++) {
      for (let channel = 0; channel < channels; channel++) {
        const base = line * lineStride + channel;
        let sum = bias;
        for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * source[base + offsets[position + k]!]!;
        target[base + position * step] = sum;
      }
    }
  }
}

/** d c b | a b c d | c b a. */
function mirrored(position: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((position % period) + period) % period;
  return within < length ? within : period - within;
}
