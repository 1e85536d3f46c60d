import { resolveDecodeOptions } from '../image/decode-options';
import type { ImageExample, ImageSet, ReadableImageSet } from '../sets/image-set';

import { checkImageFile } from './check-image-file';
import type { NodeDecodeImageOptions } from './decode-image';
import { readImageFile } from './read-image-file';

/** `set` as one that can be read: as it says itself, or by reading the files that its examples' paths name. */
export function filesOf<Example extends ImageExample>(
  set: ImageSet<Example> | ReadableImageSet<Example>,
  decode: NodeDecodeImageOptions,
): ReadableImageSet<Example> {
  if ('readImage' in set) return set;
  const { classNames, examples } = set;
  const resolved = resolveDecodeOptions(decode);
  return {
    classNames,
    examples,
    readImage: ({ path }, signal) => readImageFile(path, { ...decode, signal }),
    checkImage: ({ path }) => checkImageFile(path, resolved),
  };
}
