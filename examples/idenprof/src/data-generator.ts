import type { BatchSource } from '@zoo/core';
import { kerasImageBatches, type ImageFolder } from '@zoo/data/node';

/** How pictures become batches. */
export interface GeneratorOptions {
  imageSize: number;
  batchSize: number;
  /** True to shuffle and flip at random. */
  training: boolean;
  /** Batches an epoch; by default all whole ones, as the Python program counts them. */
  stepsPerEpoch?: number;
}

/** `ImageDataGenerator(rescale=1/255, horizontal_flip=True).flow_from_directory(...)`, draw for draw. */
export function dataGenerator(
  folder: ImageFolder,
  { imageSize, batchSize, training, stepsPerEpoch }: GeneratorOptions,
): Promise<BatchSource> {
  const wholeBatches = Math.max(1, Math.floor(folder.examples.length / batchSize));
  return kerasImageBatches(folder, {
    targetSize: imageSize,
    batchSize,
    rescale: 1 / 255,
    horizontalFlip: training,
    shuffle: training,
    stepsPerEpoch: stepsPerEpoch ?? wholeBatches,
  });
}
