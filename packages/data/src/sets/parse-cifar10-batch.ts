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
  return parseCifarRecords(bytes, name, {
    set: 'CIFAR-10',
    archive: 'cifar-10-binary.tar.gz',
    labelBytes: 1,
    classes: 10,
  });
}

/** Which of the two sets a file is of. */
export interface CifarKind {
  readonly set: string;
  /** The archive to unpack again where a file is broken. */
  readonly archive: string;
  /** Bytes of labels before the pixels; the last is the label that counts. */
  readonly labelBytes: 1 | 2;
  readonly classes: number;
}

/** The pictures of a file of records of labels and 1,024 red, green and blue values each. */
export function parseCifarRecords(bytes: Uint8Array, name: string, kind: CifarKind): MemoryExample[] {
  const recordBytes = kind.labelBytes + 3 * PLANE;
  if (bytes.length === 0 || bytes.length % recordBytes !== 0) {
    throw cifarError(
      name,
      kind,
      `${bytes.length} bytes, which is not a whole number of records of ${recordBytes}`,
    );
  }
  return Array.from({ length: bytes.length / recordBytes }, (_, index) => {
    const record = bytes.subarray(index * recordBytes, (index + 1) * recordBytes);
    const label = record[kind.labelBytes - 1]!;
    if (label >= kind.classes) throw cifarError(name, kind, `the label ${label} at record ${index}`);
    const image = rgbImage(SIDE, SIDE);
    for (let pixel = 0; pixel < PLANE; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        image.pixels[pixel * 3 + channel] = record[kind.labelBytes + channel * PLANE + pixel]!;
      }
    }
    return { path: `${name}#${index}`, label, image };
  });
}

function cifarError(name: string, { set, archive }: CifarKind, found: string): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected ${name} to be a batch of ${set}'s binary version but found ${found}. Unpack ${archive} again.`,
  );
}
