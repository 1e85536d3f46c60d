import { access } from 'node:fs/promises';
import { join } from 'node:path';

import type { BatchSource } from '@zoo/core';
import { padAndCrop, randomHorizontalFlip, subset, type ImageSet } from '@zoo/data';
import { imageBatches, readCifar10, readImageFolder } from '@zoo/data/node';

import type { Recipe } from './recipe';

/** What every network is trained on, and what it is tested with after each epoch. */
export interface Pictures {
  readonly train: BatchSource;
  readonly test: BatchSource;
}

/**
 * CIFAR-10 with the paper's augmentation: shifts by up to four pixels, and mirror images.
 *
 * @param directory `cifar-10-batches-bin`, as its authors publish it, or a folder with `train` and `test`, each with one folder per class.
 * @param seed Of the choice of pictures, their order and augmentation.
 */
export async function openPictures(directory: string, recipe: Recipe, seed: number): Promise<Pictures> {
  const { perClass, testPerClass, batchSize } = recipe;
  const { train, test } = await readSets(directory);
  const shared = { imageSize: 32, batchSize, normalization: 'torch', cache: 'memory', seed } as const;
  return {
    train: await imageBatches(some(train, perClass, seed), {
      ...shared,
      augment: [padAndCrop(), randomHorizontalFlip()],
    }),
    test: await imageBatches(some(test, testPerClass, seed), { ...shared, shuffle: false }),
  };
}

async function readSets(directory: string): Promise<{ train: ImageSet; test: ImageSet }> {
  const isBinary = await access(join(directory, 'test_batch.bin')).then(
    () => true,
    () => false,
  );
  if (isBinary) return readCifar10(directory);
  const train = await readImageFolder(join(directory, 'train'));
  const { classNames } = train;
  return { train, test: await readImageFolder(join(directory, 'test'), { classNames }) };
}

function some(set: ImageSet, perClass: number | undefined, seed: number): ImageSet {
  return perClass === undefined ? set : subset(set, { perClass, seed });
}
