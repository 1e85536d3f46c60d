import type { Preprocessing } from '@zoo/core';
import { pickOptions, readOptions } from '@zoo/core/options';

import type { DecodedImage } from '../image/decoded-image';
import { fitToSize } from '../image/fit-image';
import { PREPROCESSING_OPTIONS } from '../image/preprocessing-options';

import { pictureWriter } from './normalize-pixels';

/** Writes pictures as a model reads them: at `offset` of `target`, `valuesPerImage` numbers each. */
export interface ImagePreprocessor {
  /** Height x width x channels. */
  readonly valuesPerImage: number;
  /** [height, width, channels] */
  readonly imageShape: readonly [height: number, width: number, channels: number];
  write(image: DecodedImage, target: Float32Array, offset?: number): void;
}

/**
 * What `preprocessing` does to a picture: resized, brought to its colours and normalised, as `imageBatches` does it.
 *
 * @throws ArgumentError for what makes no sense, as a grayscale input whose normalization differs between the channels.
 */
export function imagePreprocessor(preprocessing: Preprocessing): ImagePreprocessor {
  const settled = readOptions(
    PREPROCESSING_OPTIONS,
    // Other contents of the model's metadata are not the caller's mistake.
    pickOptions(PREPROCESSING_OPTIONS, preprocessing),
    'preprocessing',
  );
  const { colorMode, normalization } = settled;
  const [height, width] = preprocessing.imageSize;
  const { channels, write } = pictureWriter(colorMode, normalization, 'preprocessing.normalization');
  return {
    valuesPerImage: height * width * channels,
    imageShape: [height, width, channels],
    write: (image, target, offset = 0) => write(fitToSize(image, [height, width], settled), target, offset),
  };
}
