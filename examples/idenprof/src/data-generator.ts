import type { BatchSource } from '@zoo/core';
import { kerasImageBatches, type ImageFolder } from '@zoo/data/node';

/** How pictures become batches. */
export interface GeneratorOptions {
  imageSize: number;
  batchSize: number;
  /** True to flip at random. */
  flips: boolean;
  /** Batches an epoch. Default: `int(pictures / batch_size)`, as the Python program has it. */
  stepsPerEpoch?: number | undefined;
  seed: number;
}

/**
 * `ImageDataGenerator(rescale=1/255, horizontal_flip=...).flow_from_directory(...)`, draw for draw, as `fit_generator` iterates it: shuffled,
 * for validation too, and on where the last epoch ended. So the 16 of 2,000 test pictures that 62 batches leave out come first in the
 * next epoch.
 */
export function dataGenerator(
  folder: ImageFolder,
  { imageSize, batchSize, flips, stepsPerEpoch, seed }: GeneratorOptions,
): Promise<BatchSource> {
  return kerasImageBatches(folder, {
    targetSize: imageSize,
    batchSize,
    rescale: 1 / 255,
    horizontalFlip: flips,
    stepsPerEpoch: stepsPerEpoch ?? Math.max(1, Math.floor(folder.examples.length / batchSize)),
    seed,
  });
}
