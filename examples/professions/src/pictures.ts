import { disposeBatch, PIXEL_NORMALIZATIONS, type BatchSource } from '@zoo/core';
import { colorJitter, randomGrayscale, randomHorizontalFlip, randomResizedCrop } from '@zoo/data';
import { imageBatches, type ImageFolder } from '@zoo/data/node';

import type { DataFolders } from './data-folders';

/** Height and width of the pictures that the network reads. */
export const IMAGE_SIZE = 64;

/** Pictures in a training step. */
export const BATCH_SIZE = 32;

/** How bytes become the network's input. */
export const NORMALIZATION = PIXEL_NORMALIZATIONS.torch;

/** Height and width that pictures are kept in: more than {@link IMAGE_SIZE}, for crops to choose from. */
const KEPT_SIZE = 80;

/** The folders' pictures as batches. */
export interface PictureSources {
  readonly train: BatchSource;
  readonly validation: BatchSource;
  readonly test: BatchSource;
  readonly unseen: BatchSource | undefined;
}

/**
 * Batches of all folders, whose pictures are read and kept here and now: one that is damaged ends the program before it has
 * written anything.
 */
export async function readPictures(
  { train, validation, test, unseen }: DataFolders,
  seed: number,
  signal: AbortSignal,
): Promise<PictureSources> {
  const sources: PictureSources = {
    train: await trainingBatches(train, seed),
    validation: await measuredBatches(validation),
    test: await measuredBatches(test),
    unseen: unseen && (await measuredBatches(unseen)),
  };
  for (const source of Object.values(sources) as (BatchSource | undefined)[]) {
    if (source === undefined) continue;
    for await (const batch of source.batches({ epoch: 0, signal })) disposeBatch(batch);
  }
  return sources;
}

/** Batches to learn from: flipped, cropped and recoloured anew in each epoch. */
function trainingBatches(folder: ImageFolder, seed: number): Promise<BatchSource> {
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
      colorJitter({ brightness: 0.3, contrast: 0.3, saturation: 0.5, hue: 0.25 }),
      randomGrayscale({ probability: 0.25 }),
    ],
  });
}

/** Batches to measure on, in the folder's order. */
function measuredBatches(folder: ImageFolder): Promise<BatchSource> {
  return imageBatches(folder, {
    imageSize: IMAGE_SIZE,
    batchSize: BATCH_SIZE,
    shuffle: false,
    normalization: NORMALIZATION,
    cache: 'memory',
  });
}
