import type { Preprocessing } from '@zoo/core';
import { readOptions } from '@zoo/core/options';

import type { DecodedImage } from '../image/decoded-image';
import { FIT_IMAGE_OPTIONS, fitToSize } from '../image/fit-image';

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
  const { imageSize, colorMode, normalization, ...fitting } = preprocessing;
  const fit = readOptions(FIT_IMAGE_OPTIONS, fitting, 'preprocessing');
  const [height, width] = imageSize;
  const { channels, write } = pictureWriter(colorMode, normalization, 'preprocessing.normalization');
  return {
    valuesPerImage: height * width * channels,
    imageShape: [height, width, channels],
    write: (image, target, offset = 0) => write(fitToSize(image, imageSize, fit), target, offset),
  };
}
