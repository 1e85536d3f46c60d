import { ZooError } from '@zoo/core';

import { rgbImage } from '../image/decoded-image';

import type { MemoryExample } from './image-set';

/** CIFAR-10's classes in label order (batches.meta.txt). */
export const CIFAR10_CLASSES = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const;

const SIDE = 32;
const PLANE = SIDE * SIDE;
const RECORD = 1 + 3 * PLANE;

/**
 * The pictures of one file of CIFAR-10's binary version: records of a label byte and 1,024 red, green and blue values each.
 *
 * Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
 *
 * @param bytes The file's content.
 * @param name The file's name, for paths such as `data_batch_1.bin#17` and for messages.
 * @throws ZooError `invalid-file` if the content is not whole records with labels from 0 to 9.
 */
export function parseCifar10Batch(bytes: Uint8Array, name: string): MemoryExample[] {
  if (bytes.length === 0 || bytes.length % RECORD !== 0) {
    throw cifarError(name, `${bytes.length} bytes, which is not a whole number of records of ${RECORD}`);
  }
  return Array.from({ length: bytes.length / RECORD }, (_, index) => {
    const record = bytes.subarray(index * RECORD, (index + 1) * RECORD);
    const label = record[0]!;
    if (label >= CIFAR10_CLASSES.length) throw cifarError(name, `the label ${label} at record ${index}`);
    const image = rgbImage(SIDE, SIDE);
    for (let pixel = 0; pixel < PLANE; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        image.pixels[pixel * 3 + channel] = record[1 + channel * PLANE + pixel]!;
      }
    }
    return { path: `${name}#${index}`, label, image };
  });
}

function cifarError(name: string, found: string): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected ${name} to be a batch of CIFAR-10's binary version but found ${found}. Unpack cifar-10-binary.tar.gz anew.`,
  );
}
