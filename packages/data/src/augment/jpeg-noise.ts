import {
  ArgumentError,
  readOptions,
  type AnyRowWithDefault,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import { requantizeAsJpeg } from '../image/jpeg/requantize';
import { PROBABILITY } from '../option-rows';

import type { Augmentation } from './augmentation';
import { expectRange, type NumberRange } from './expect-range';

/** Options of {@link jpegNoise}, as data. */
export const JPEG_NOISE_OPTIONS = {
  /** What the quality is drawn from, whole numbers from 1 to 100. Default [25, 95]. */
  quality: {
    type: 'any',
    expected: 'a range of whole numbers from 1 to 100',
    check: (argument, value) => {
      const [low, high] = expectRange(argument, value, 1, 100);
      if (Math.ceil(low) <= Math.floor(high)) return [Math.ceil(low), Math.floor(high)];
      throw new ArgumentError(argument, 'a range with a whole number in it', value);
    },
    default: [25, 95],
  } as AnyRowWithDefault<NumberRange>,
  /** How often it happens, from 0 to 1. Default 0.5. */
  probability: { ...PROBABILITY, default: 0.5 },
} as const satisfies OptionTable;

/** Options of {@link jpegNoise}. */
export interface JpegNoiseOptions extends OptionsOf<typeof JPEG_NOISE_OPTIONS> {}

/** Adds the artefacts of a JPEG file of random quality: torchvision's v2.JPEG, without writing a file. */
export function jpegNoise(options: JpegNoiseOptions = {}): Augmentation {
  const { quality, probability } = readOptions(JPEG_NOISE_OPTIONS, options);
  return {
    name: 'jpegNoise',
    settings: { quality, probability },
    apply: (image, random) =>
      random.uniform() < probability ? requantizeAsJpeg(image, random.integer(...quality)) : image,
  };
}
