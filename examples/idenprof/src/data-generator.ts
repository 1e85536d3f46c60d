import type { BatchSource } from '@zoo/core';
import { randomHorizontalFlip } from '@zoo/data';
import { imageBatches, readImageFolder } from '@zoo/data/node';

/** How pictures become batches. */
export interface GeneratorOptions {
  imageSize: number;
  batchSize: number;
  /** True to flip at random and shuffle; false to score. */
  training: boolean;
  /** Batches an epoch; the program's own numbers leave out the last, incomplete one. */
  stepsPerEpoch?: number;
  seed?: number;
}

/**
 * `ImageDataGenerator(rescale=1/255, horizontal_flip=True).flow_from_directory(...)`: values from 0 to 1, nearest-pixel
 * resizing, a class a folder in alphabetical order, one-hot labels.
 */
export async function dataGenerator(directory: string, options: GeneratorOptions): Promise<BatchSource> {
  const { imageSize, batchSize, training, stepsPerEpoch, seed = 0 } = options;
  const folder = await readImageFolder(directory);
  return imageBatches(folder, {
    imageSize,
    batchSize,
    normalization: 'scale',
    resize: 'nearest',
    shuffle: training,
    augment: training ? [randomHorizontalFlip()] : [],
    stepsPerEpoch: stepsPerEpoch ?? Math.max(1, Math.floor(folder.examples.length / batchSize)),
    seed,
  });
}
