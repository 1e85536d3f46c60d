import { PIXEL_NORMALIZATIONS, type BatchSource } from '@zoo/core';
import { colorJitter, randomGrayscale, randomHorizontalFlip, randomResizedCrop } from '@zoo/data';
import { imageBatches, type ImageFolder } from '@zoo/data/node';

/** Height and width of the pictures that the net reads. */
export const IMAGE_SIZE = 64;

/** Pictures in a training step. */
export const BATCH_SIZE = 32;

/** How bytes become the net's input. */
export const NORMALIZATION = PIXEL_NORMALIZATIONS.torch;

/** Height and width that pictures are kept in: more than {@link IMAGE_SIZE}, for crops to choose from. */
const KEPT_SIZE = 80;

/** Batches to learn from: flipped, cropped and recoloured anew in each epoch. */
export function trainingBatches(folder: ImageFolder, seed: number): Promise<BatchSource> {
  return imageBatches(folder, {
    imageSize: IMAGE_SIZE,
    augmentFrom: KEPT_SIZE,
    batchSize: BATCH_SIZE,
    seed,
    normalization: NORMALIZATION,
    cache: 'memory',
    augment: [
      randomHorizontalFlip(),
      randomResizedCrop({ scale: [0.75, 1] }),
      colorJitter({ brightness: 0.3, contrast: 0.3, saturation: 0.5, hue: 0.1 }),
      randomGrayscale({ probability: 0.1 }),
    ],
  });
}

/** Batches to measure on, in the folder's order. */
export function measuredBatches(folder: ImageFolder): Promise<BatchSource> {
  return imageBatches(folder, {
    imageSize: IMAGE_SIZE,
    batchSize: BATCH_SIZE,
    shuffle: false,
    normalization: NORMALIZATION,
    cache: 'memory',
  });
}
