import type { MadeBatch } from '../batches/batch-source';
import { corruptError, type CorruptImage } from '../batches/check-images';
import { corruptSkipper, withoutPlaces, type OnCorrupt } from '../batches/corrupt-pictures';
import { allOrFirstFailure, createLimiter } from '../batches/limiter';
import type { DecodedImage } from '../image/decoded-image';
import type { ImageExample, ReadableImageSet } from '../sets/image-set';

/** Pictures that are read at a time. */
const CONCURRENCY = 8;

/** Options of {@link batchFiller}. */
export interface BatchFillerOptions {
  readonly height: number;
  readonly width: number;
  readonly onCorrupt: OnCorrupt;
  /** Where pictures that are left out are listed. */
  readonly corrupt: CorruptImage[];
}

/** One batch to fill. */
export interface BatchToFill {
  /** Places of its examples in the set. */
  readonly members: readonly number[];
  /** Room for its pictures. [members, height, width, 3] */
  readonly images: Float32Array;
  readonly signal: AbortSignal;
  /** Writes the picture at `place` of the batch. [height, width, 3] */
  readonly write: (image: DecodedImage, values: Float32Array, place: number) => void;
}

/** A function that reads the pictures of a batch, some at a time, and labels them; those that can't be read leave no gap. */
export function batchFiller<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  { height, width, onCorrupt, corrupt }: BatchFillerOptions,
): (batch: BatchToFill) => Promise<MadeBatch> {
  const limit = createLimiter(CONCURRENCY);
  const skip = corruptSkipper(onCorrupt, corrupt);
  const classes = set.classNames.length;
  const each = height * width * 3;
  return async ({ members, images, signal, write }) => {
    const labels = new Float32Array(members.length * classes);
    const left = new Set<number>();
    const fill = async (member: number, place: number): Promise<void> => {
      signal.throwIfAborted();
      const { path, label } = set.examples[member]!;
      const image = await set.readImage(set.examples[member]!, signal).catch((error: unknown) => {
        skip(path, error);
        return undefined;
      });
      labels[place * classes + label] = 1;
      if (image === undefined) left.add(place);
      else write(image, images.subarray(place * each, (place + 1) * each), place);
    };
    await allOrFirstFailure(members.map((member, place) => limit(() => fill(member, place))));
    const whole = { images, labels, size: members.length, height, width, channels: 3, classes } as const;
    const pixels = left.size === 0 ? whole : withoutPlaces(whole, left);
    if (pixels.size === 0) throw corruptError(corrupt, set.examples.length);
    const kept = members.filter((_, place) => !left.has(place));
    return { pixels, sources: kept.map((member) => set.examples[member]!.path) };
  };
}
