import type { Preprocessing } from '@zoo/core';

import type { DecodedImage } from '../image/decoded-image';
import { fitImage } from '../image/fit-image';

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
 * @throws ArgumentError for a grayscale input whose normalization differs between the channels.
 */
export function imagePreprocessor(preprocessing: Preprocessing): ImagePreprocessor {
  const { imageSize, colorMode, normalization } = preprocessing;
  const [height, width] = imageSize;
  const { channels, write } = pictureWriter(colorMode, normalization, 'preprocessing.normalization');
  return {
    valuesPerImage: height * width * channels,
    imageShape: [height, width, channels],
    write: (image, target, offset = 0) =>
      write(fitImage(image, height, width, preprocessing), target, offset),
  };
}
