import type { ImageSet } from '../sets/image-set';

import type { MadeBatch } from './batch-source';
import { corruptError, type CorruptImage } from './check-images';
import { corruptSkipper, withoutPlaces, type OnCorrupt } from './corrupt-pictures';
import { oneHotLabels, type LabelWriter } from './label-writer';
import { allOrFirstFailure, createLimiter } from './limiter';

/** Options of {@link batchFiller}. */
export interface BatchFillerOptions {
  /** Pictures that are read at a time. */
  readonly concurrency: number;
  readonly onCorrupt: OnCorrupt;
  /** Where pictures that are left out are listed, once each. */
  readonly corrupt: CorruptImage[];
  /** Default a 1 for each class of an example. */
  readonly labels?: LabelWriter;
}

/** One batch to fill, or a part of one. */
export interface BatchToFill {
  /** Places of its examples in the set. */
  readonly members: readonly number[];
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3 | 4;
  /** Room for its pictures. [members, height, width, channels] */
  readonly images: Float32Array;
  /** True for a part of a batch, which may be empty. */
  readonly isPart?: boolean;
  readonly signal: AbortSignal;
  /** Writes the picture of `member`, which stands at `place` of the batch. [height, width, channels] */
  readonly fill: (member: number, values: Float32Array, place: number) => Promise<void>;
}

/**
 * A function that fills batches of a source, some pictures at a time, and labels them; pictures that can't be read leave no gap, or end it.
 *
 * It serves the source in all epochs: a picture that is met again is not listed again.
 */
export function batchFiller(
  { classNames, examples }: ImageSet,
  { concurrency, onCorrupt, corrupt, labels: writer = oneHotLabels(classNames.length) }: BatchFillerOptions,
): (batch: BatchToFill) => Promise<MadeBatch> {
  const limit = createLimiter(concurrency);
  const skip = corruptSkipper(onCorrupt, corrupt);
  const classes = writer.width;
  return async ({ members, height, width, channels, images, isPart = false, signal, fill }) => {
    const size = members.length;
    const each = height * width * channels;
    const labels = new Float32Array(size * classes);
    const left = new Set<number>();
    const fillPlace = async (member: number, place: number): Promise<void> => {
      signal.throwIfAborted();
      const example = examples[member]!;
      try {
        await fill(member, images.subarray(place * each, (place + 1) * each), place);
      } catch (error) {
        skip(example.path, error);
        left.add(place);
      }
      signal.throwIfAborted();
      writer.write(example, labels.subarray(place * classes, (place + 1) * classes));
    };
    await allOrFirstFailure(members.map((member, place) => limit(() => fillPlace(member, place))));
    const whole = { images, labels, size, height, width, channels, classes };
    const pixels = left.size === 0 ? whole : withoutPlaces(whole, left);
    if (pixels.size === 0 && !isPart) throw corruptError(corrupt, examples.length);
    const kept = members.filter((_, place) => !left.has(place));
    return { pixels, taken: images, sources: kept.map((member) => examples[member]!.path) };
  };
}
