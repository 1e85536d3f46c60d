import {
  COLOR_MODES,
  DEFAULT_PREPROCESSING,
  pixelNormalization,
  type AnyRowWithDefault,
  type OptionTable,
  type PixelNormalization,
  type PixelNormalizationMode,
} from '@zoo/core/options';

import { IMAGE_SIZE } from '../option-rows';

import { FIT_IMAGE_OPTIONS } from './fit-image';

/** How a picture becomes a model's input: `Preprocessing` of `@zoo/core`, as options. */
export const PREPROCESSING_OPTIONS = {
  ...FIT_IMAGE_OPTIONS,
  /** Height and width of the input, in pixels. */
  imageSize: IMAGE_SIZE,
  /** The channels of the input. Default `rgb`. */
  colorMode: { type: 'choice', choices: COLOR_MODES, default: DEFAULT_PREPROCESSING.colorMode },
  /** How bytes become the model's input; of one channel, mean and deviation are one number three times. Default `scale`: values from 0 to 1. */
  normalization: {
    type: 'any',
    expected: "'caffe', 'tf', 'torch', 'raw', 'scale', or a PixelNormalization",
    check: (_, value) => pixelNormalization(value as PixelNormalizationMode | PixelNormalization),
    default: DEFAULT_PREPROCESSING.normalization,
  } as AnyRowWithDefault<PixelNormalizationMode | PixelNormalization, PixelNormalization>,
} as const satisfies OptionTable;
