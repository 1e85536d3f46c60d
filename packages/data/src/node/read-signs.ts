import { join } from 'node:path';

import { ZooError } from '@zoo/core';
import { readHdf5Arrays } from '@zoo/weights';

import { rgbImage } from '../image/decoded-image';
import { memoryImageSet, type MemoryImageSet } from '../sets/memory-image-set';

/** SIGNS in memory: hands that show a number of fingers, 1,080 pictures to train on and 120 to test with, 64 x 64. */
export interface Signs {
  readonly train: MemoryImageSet;
  readonly test: MemoryImageSet;
}

/**
 * SIGNS as the course "Convolutional Neural Networks" (deeplearning.ai) hands it out: `train_signs.h5` and `test_signs.h5`, with
 * `train_set_x` (uint8, [pictures, height, width, 3]), `train_set_y` (labels) and `list_classes`.
 *
 * @example
 * const { train, test } = await readSigns('datasets');
 *
 * @throws ZooError `invalid-file` if a file is absent or of another layout.
 */
export async function readSigns(directory: string): Promise<Signs> {
  return { train: await readPart(directory, 'train'), test: await readPart(directory, 'test') };
}

async function readPart(directory: string, part: 'train' | 'test'): Promise<MemoryImageSet> {
  const file = join(directory, `${part}_signs.h5`);
  const names = [`${part}_set_x`, `${part}_set_y`, 'list_classes'];
  const [pictures, labels, classes] = await readHdf5Arrays(file, names);
  const [count, height, width, channels] = pictures!.shape;
  const { values: pixels } = pictures!;
  const labelValues = Array.from(labels!.values, Number);
  const classValues = Array.from(classes!.values, Number);
  if (!(pixels instanceof Uint8Array) || channels !== 3 || pictures!.shape.length !== 4) {
    throw signsError(
      file,
      `${part}_set_x as bytes [pictures, height, width, 3]`,
      `[${pictures!.shape.join(', ')}]`,
    );
  }
  if (labelValues.length !== count) {
    throw signsError(file, `${count} labels, one per picture,`, `${labelValues.length}`);
  }
  const pictureBytes = height! * width! * 3;
  const examples = labelValues.map((value, index) => {
    const label = classValues.indexOf(value);
    if (label === -1) throw signsError(file, `labels out of ${classValues.join(', ')}`, `${value}`);
    const bytes = pixels.subarray(index * pictureBytes, (index + 1) * pictureBytes);
    return { path: `${file}#${index}`, label, image: rgbImage(height!, width!, bytes) };
  });
  return memoryImageSet(classValues.map(String), examples);
}

function signsError(file: string, expected: string, found: string): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected ${expected} in ${file} but found ${found}. Give the folder of the course's train_signs.h5 and test_signs.h5.`,
  );
}
