import { ArgumentError, type Preprocessing } from '@zoo/core';

import { rgbImage, type DecodedImage } from '../image/decoded-image';
import { fitImage } from '../image/fit-image';

import { pixelWriter } from './normalize-pixels';

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
  const channels = colorMode === 'grayscale' ? 1 : 3;
  if (channels === 1) expectOneNormalization(preprocessing);
  const writeRgb = pixelWriter(normalization);
  const valuesPerImage = height * width * channels;
  return {
    valuesPerImage,
    imageShape: [height, width, channels],
    write: (image, target, offset = 0) => {
      const fitted = fitImage(image, height, width, preprocessing);
      if (channels === 3) {
        writeRgb(fitted, target, offset);
        return;
      }
      const values = new Float32Array(height * width * 3);
      writeRgb(brightness(fitted), values, 0);
      for (let i = 0; i < valuesPerImage; i++) target[offset + i] = values[3 * i]!;
    },
  };
}

/** Each pixel's brightness in all three channels: ITU-R 601-2 in whole numbers, as Pillow's `convert('L')`. */
function brightness({ pixels, height, width }: DecodedImage): DecodedImage {
  const out = rgbImage(height, width);
  for (let i = 0; i < pixels.length; i += 3) {
    const value = (pixels[i]! * 19595 + pixels[i + 1]! * 38470 + pixels[i + 2]! * 7471 + 0x8000) >> 16;
    out.pixels.fill(value, i, i + 3);
  }
  return out;
}

function expectOneNormalization({ normalization }: Preprocessing): void {
  const isOne = ([first, second, third]: readonly [number, number, number]): boolean =>
    first === second && second === third;
  if (isOne(normalization.mean) && isOne(normalization.standardDeviation)) return;
  throw new ArgumentError(
    'preprocessing.normalization',
    'one mean and one standard deviation for all channels of a grayscale input',
    normalization.mean,
    'Give the ones that the model was trained with, three times the same number each.',
  );
}
