import { ArgumentError } from '@zoo/core';

import type { MemoryExample, ReadableImageSet } from './image-set';

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
  for (const { path, label } of examples) {
    if (classNames[label] === undefined) {
      throw new ArgumentError(
        'examples',
        `labels from 0 to ${classNames.length - 1}`,
        label,
        `See '${path}'.`,
      );
    }
  }
  return { classNames, examples, readImage: ({ image }) => Promise.resolve(image) };
}
