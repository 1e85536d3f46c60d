import type { ImageExample, ImageSet, ReadableImageSet } from '../sets/image-set';

import type { NodeDecodeImageOptions } from './decode-image';
import { readImageFile } from './read-image-file';

/** `set` as one that can be read: as it says itself, or by reading the files that its examples' paths name. */
export function filesOf<Example extends ImageExample>(
  set: ImageSet<Example> | ReadableImageSet<Example>,
  decode: NodeDecodeImageOptions,
): ReadableImageSet<Example> {
  if ('readImage' in set) return set;
  const { classNames, examples } = set;
  return {
    classNames,
    examples,
    readImage: ({ path }, signal) => readImageFile(path, { ...decode, signal }),
  };
}
