import { expectOneOf } from './arguments';
import { ArgumentError } from './errors';
import { isPixelNormalization } from './is-pixel-normalization';

/** How bytes of an RGB picture become a model's input: `(byte / divisor - mean[c]) / standardDeviation[c]`, c in the order given. */
export interface PixelNormalization {
  /** Order of the channels that the model reads. */
  readonly channelOrder: 'rgb' | 'bgr';
  /** What bytes are divided by first. */
  readonly divisor: number;
  /** Subtracted from each channel, in `channelOrder`, after the division. */
  readonly mean: readonly [number, number, number];
  /** What each channel is divided by last, in `channelOrder`. */
  readonly standardDeviation: readonly [number, number, number];
}

const ONES = [1, 1, 1] as const;
const ZEROS = [0, 0, 0] as const;

/**
 * The normalisations that published weights ask for, by the names that Keras gives them.
 *
 * Sources: keras/src/applications/imagenet_utils.py (`caffe`, `tf`, `torch`); `scale` is the blog post's 1/255; `raw` changes nothing.
 */
export const PIXEL_NORMALIZATIONS = {
  caffe: { channelOrder: 'bgr', divisor: 1, mean: [103.939, 116.779, 123.68], standardDeviation: ONES },
  tf: { channelOrder: 'rgb', divisor: 127.5, mean: ONES, standardDeviation: ONES },
  torch: {
    channelOrder: 'rgb',
    divisor: 255,
    mean: [0.485, 0.456, 0.406],
    standardDeviation: [0.229, 0.224, 0.225],
  },
  raw: { channelOrder: 'rgb', divisor: 1, mean: ZEROS, standardDeviation: ONES },
  scale: { channelOrder: 'rgb', divisor: 255, mean: ZEROS, standardDeviation: ONES },
} as const satisfies Record<string, PixelNormalization>;

/** A name in {@link PIXEL_NORMALIZATIONS}. */
export type PixelNormalizationMode = keyof typeof PIXEL_NORMALIZATIONS;

/**
 * The normalisation called `mode`, or the one given.
 *
 * @throws ArgumentError for an unknown name; for an object with other fields or numbers that are not finite, or that divides by 0.
 */
export function pixelNormalization(mode: PixelNormalizationMode | PixelNormalization): PixelNormalization {
  if (isPixelNormalization(mode)) return mode as PixelNormalization;
  if (typeof mode === 'object') throw new ArgumentError('mode', 'a PixelNormalization, no divisor 0,', mode);
  const modes = Object.keys(PIXEL_NORMALIZATIONS) as PixelNormalizationMode[];
  return PIXEL_NORMALIZATIONS[expectOneOf('mode', mode, modes)];
}
