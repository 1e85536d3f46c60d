import { ArgumentError } from '@zoo/core';

import { labelsOf, type MemoryExample, type ReadableImageSet } from './image-set';

/** Pictures in memory as a set that `imageBatches` reads. */
export type MemoryImageSet = ReadableImageSet<MemoryExample>;

/**
 * A set of pictures in memory.
 *
 * @throws ArgumentError for a label without a class.
 */
export function memoryImageSet(
  classNames: readonly string[],
  examples: readonly MemoryExample[],
): MemoryImageSet {
  for (const example of examples) {
    const unknown = labelsOf(example).find((label) => classNames[label] === undefined);
    if (unknown !== undefined) {
      throw new ArgumentError(
        'examples',
        `labels from 0 to ${classNames.length - 1}`,
        unknown,
        `See '${example.path}'.`,
      );
    }
  }
  return { classNames, examples, readImage: ({ image }) => Promise.resolve(image) };
}
