import type { ReadOptions } from '@zoo/core/options';

import type { DECODING_OPTIONS } from '../image/decode-options';
import type { ImageExample, ImageSet, OpenableImageSet, ReadableImageSet } from '../sets/image-set';

import { checkImageFile } from './check-image-file';
import { openImageFile, readImageFile, readOpacityOfFile } from './read-image-file';

/** `set` as one that can be read: as it says itself, or by reading the files that its examples' paths name. */
export function filesOf<Example extends ImageExample>(
  set: ImageSet<Example> | ReadableImageSet<Example>,
  decoding: ReadOptions<typeof DECODING_OPTIONS>,
): ReadableImageSet<Example> | OpenableImageSet<Example> {
  if ('readImage' in set) return set;
  const { classNames, examples } = set;
  return {
    classNames,
    examples,
    readImage: ({ path }, signal) => readImageFile(path, { ...decoding, ...(signal && { signal }) }),
    openImage: ({ path }, signal) => openImageFile(path, { ...decoding, ...(signal && { signal }) }),
    readOpacity: ({ path }, signal) => readOpacityOfFile(path, { ...decoding, ...(signal && { signal }) }),
    checkImage: ({ path }) => checkImageFile(path, decoding),
  };
}
