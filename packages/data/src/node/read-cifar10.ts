import { join } from 'node:path';

import { ZooError } from '@zoo/core';

import { memoryImageSet, type MemoryImageSet } from '../sets/memory-image-set';
import { CIFAR10_CLASSES, parseCifar10Batch } from '../sets/parse-cifar10-batch';

import { readRegularFile } from './read-regular-file';

/** CIFAR-10 in memory: 50,000 pictures to train on and 10,000 to test with, 32 x 32, about 185 MB. */
export interface Cifar10 {
  readonly train: MemoryImageSet;
  readonly test: MemoryImageSet;
}

const TRAIN_FILES = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);

/**
 * CIFAR-10 as its authors publish it: the folder that cifar-10-binary.tar.gz unpacks to (`cifar-10-batches-bin`).
 *
 * @example
 * const { train, test } = await readCifar10('cifar-10-batches-bin');
 * const batches = await imageBatches(train, { imageSize: 32, batchSize: 128, augment: [padAndCrop(), randomHorizontalFlip()] });
 *
 * @throws ZooError `invalid-file` if a file is absent or not whole.
 */
export async function readCifar10(directory: string): Promise<Cifar10> {
  const read = async (name: string) => {
    const bytes = await readRegularFile(join(directory, name)).catch((error: unknown) => {
      throw new ZooError(
        'invalid-file',
        `Expected ${name} in ${directory} but it can't be read. Unpack cifar-10-binary.tar.gz and give the folder cifar-10-batches-bin.`,
        { cause: error },
      );
    });
    return parseCifar10Batch(bytes, name);
  };
  const trainParts = [];
  for (const name of TRAIN_FILES) trainParts.push(await read(name));
  const test = await read('test_batch.bin');
  return {
    train: memoryImageSet(CIFAR10_CLASSES, trainParts.flat()),
    test: memoryImageSet(CIFAR10_CLASSES, test),
  };
}
