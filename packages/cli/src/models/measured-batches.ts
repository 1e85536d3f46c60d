import type { BatchSource } from '@zoo/core';
import { imageBatches, type ImageFolder } from '@zoo/data/node';

import type { PictureReading } from './picture-reading';

/** The set's pictures in its order, read as the model wants them and not augmented. */
export function measuredBatches(
  set: Pick<ImageFolder, 'classNames' | 'examples'>,
  { imageSize, normalization, resize, aspect, cropFraction, padColor }: PictureReading,
  batchSize: number,
): Promise<BatchSource> {
  return imageBatches(set, {
    imageSize,
    normalization,
    resize,
    aspect,
    cropFraction,
    padColor,
    batchSize,
    shuffle: false,
  });
}
