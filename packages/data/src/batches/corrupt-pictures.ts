import { isZooError, type BatchSource } from '@zoo/core';

import type { PixelBatch } from '../augment/augmentation';
import { messageOf } from '../image/decode-options';
import type { ImageExample, OpenableImageSet, ReadableImageSet } from '../sets/image-set';

import { corruptError, findCorruptImages, type CorruptImage } from './check-images';

/** What becomes of pictures that can't be read: the first ends the epoch, or they are left out and listed. */
export type OnCorrupt = 'error' | 'skip';

/** A source of batches of pictures. */
export interface ImageBatchSource extends BatchSource {
  /**
   * Pictures that were left out because they can't be read, with `onCorrupt: 'skip'`. Those whose files' structure shows it are
   * here from the start; the rest join as they are met.
   */
  readonly corrupt: readonly CorruptImage[];
}

/**
 * The set without the pictures whose files' structure shows that they can't be read, and those pictures.
 *
 * @throws ZooError 'invalid-file' where these count, or if there are no others.
 */
export async function sortOutCorrupt<Example extends ImageExample>(
  set: ReadableImageSet<Example> | OpenableImageSet<Example>,
  onCorrupt: OnCorrupt,
): Promise<{ readable: ReadableImageSet<Example>; corrupt: CorruptImage[] }> {
  const corrupt = await findCorruptImages(set);
  if (corrupt.size === 0) return { readable: set, corrupt: [] };
  const list = [...corrupt.values()];
  if (onCorrupt === 'error' || corrupt.size === set.examples.length) {
    throw corruptError(list, set.examples.length);
  }
  const examples = set.examples.filter((example) => !corrupt.has(example));
  const { classNames } = set;
  const readImage: typeof set.readImage = (example, signal) => set.readImage(example, signal);
  const opening = 'openImage' in set && {
    openImage: (...picture: Parameters<typeof set.openImage>) => set.openImage(...picture),
  };
  const opacity = set.readOpacity && {
    readOpacity: (...picture: Parameters<typeof set.readImage>) =>
      set.readOpacity?.(...picture) ?? Promise.resolve(undefined),
  };
  return { readable: { classNames, examples, readImage, ...opacity, ...opening }, corrupt: list };
}

/** A function that notes a picture that can't be read, or throws its error again where it counts. */
export function corruptSkipper(
  onCorrupt: OnCorrupt,
  corrupt: CorruptImage[],
): (path: string, error: unknown) => void {
  const known = new Set<string>();
  return (path, error) => {
    if (onCorrupt === 'error' || !isZooError(error, 'invalid-file')) throw error;
    if (!known.has(path)) corrupt.push({ path, problem: messageOf(error) });
    known.add(path);
  };
}

/** The batch without some of its pictures. */
export function withoutPlaces(batch: PixelBatch, left: ReadonlySet<number>): PixelBatch {
  const kept = Array.from({ length: batch.size }, (_, place) => place).filter((place) => !left.has(place));
  const chosen = (values: Float32Array): Float32Array => {
    const each = values.length / batch.size;
    const out = new Float32Array(kept.length * each);
    kept.forEach((place, index) => out.set(values.subarray(place * each, (place + 1) * each), index * each));
    return out;
  };
  return { ...batch, size: kept.length, images: chosen(batch.images), labels: chosen(batch.labels) };
}
