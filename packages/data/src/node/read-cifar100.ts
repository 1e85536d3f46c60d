import { join } from 'node:path';

import { ZooError } from '@zoo/core';

import { memoryImageSet, type MemoryImageSet } from '../sets/memory-image-set';
import { parseCifarRecords, type CifarKind } from '../sets/parse-cifar10-batch';

import { readRegularFile } from './read-regular-file';

/** CIFAR-100 in memory: 50,000 pictures to train on and 10,000 to test with, 32 x 32, about 185 MB, in 100 fine classes. */
export interface Cifar100 {
  readonly train: MemoryImageSet;
  readonly test: MemoryImageSet;
}

const KIND: CifarKind = {
  set: 'CIFAR-100',
  archive: 'cifar-100-binary.tar.gz',
  labelBytes: 2,
  classes: 100,
};

/**
 * CIFAR-100 as its authors publish it: the folder that cifar-100-binary.tar.gz unpacks to (`cifar-100-binary`). Labels are the
 * fine ones, named by fine_label_names.txt; `remapClasses` merges them.
 *
 * Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
 *
 * @example
 * const { train, test } = await readCifar100('cifar-100-binary');
 *
 * @throws ZooError `invalid-file` if a file is absent or not whole, or does not name 100 different classes.
 */
export async function readCifar100(directory: string): Promise<Cifar100> {
  const read = (name: string) =>
    readRegularFile(join(directory, name)).catch((error: unknown) => {
      throw new ZooError(
        'invalid-file',
        `Expected ${name} in ${directory} but it can't be read. Unpack ${KIND.archive} and give the folder cifar-100-binary.`,
        { cause: error },
      );
    });
  const text = new TextDecoder().decode(await read('fine_label_names.txt'));
  const classNames = text.split(/\r?\n/).filter((name) => name !== '');
  const count = new Set(classNames).size;
  if (count !== KIND.classes || classNames.length !== KIND.classes) {
    throw new ZooError(
      'invalid-file',
      `Expected 100 different names in fine_label_names.txt of ${directory} but found ${count} in ${classNames.length} lines. Unpack ${KIND.archive} again.`,
    );
  }
  const train = parseCifarRecords(await read('train.bin'), 'train.bin', KIND);
  const test = parseCifarRecords(await read('test.bin'), 'test.bin', KIND);
  return { train: memoryImageSet(classNames, train), test: memoryImageSet(classNames, test) };
}
