import { ArgumentError } from '@zoo/core';

import type { DecodedImage } from '../image/decoded-image';
import type { BaselineJpeg } from '../image/jpeg/decode-baseline-jpeg';

/** One picture of a data set, before it is read. */
export interface ImageExample {
  /** The file's path, or another unique name. */
  readonly path: string;
  /** Index of its class in `classNames`; beside `labels` the first of them, or -1 where there is none. */
  readonly label: number;
  /** Where a picture may have several classes, or none (multi-label): the indices of all that it has, ascending. */
  readonly labels?: readonly number[];
}

/** Pictures with their classes. Splitting and choosing make new sets and leave this one as it is. */
export interface ImageSet<Example extends ImageExample = ImageExample> {
  /** Names of the classes, in label order. */
  readonly classNames: readonly string[];
  /** The pictures, in the set's order. */
  readonly examples: readonly Example[];
}

/** Throws ArgumentError for what is no set of pictures, such as a promise of one. */
export function expectSet(argument: string, set: ImageSet): void {
  const given: unknown = set;
  const { classNames, examples } = (given ?? {}) as Partial<ImageSet>;
  if (Array.isArray(classNames) && Array.isArray(examples)) return;
  const advice =
    given instanceof Promise
      ? 'Await it.'
      : typeof given === 'string'
        ? 'Read the folder first: await readImageFolder(path).'
        : 'Give it what readImageFolder() or memoryImageSet() makes.';
  throw new ArgumentError(argument, 'a set of pictures', given, advice);
}

/** An {@link ImageSet} that knows how its pictures are read. */
export interface ReadableImageSet<Example extends ImageExample = ImageExample> extends ImageSet<Example> {
  /**
   * The picture of `example`; it will not be changed.
   *
   * @param signal Aborted, the picture is not needed any more.
   */
  readImage(example: Example, signal?: AbortSignal): Promise<DecodedImage>;
  /**
   * The opacity of each pixel of `example`, as red, green and blue alike; undefined where all are opaque. What `colorMode: 'rgba'` of Keras'
   * batches reads besides {@link readImage}.
   */
  readOpacity?(example: Example, signal?: AbortSignal): Promise<DecodedImage | undefined>;
  /** Throws what is wrong with the picture of `example`, as far as that shows without decoding it. */
  checkImage?(example: Example): Promise<void>;
}

/** A picture, or the file of one that the kernels decode, if it turns out to be whole. */
export type OpenedImage = DecodedImage | BaselineJpeg;

/** A {@link ReadableImageSet} that leaves the decoding of ordinary JPEG files to the pass that crops and resizes them. */
export interface OpenableImageSet<
  Example extends ImageExample = ImageExample,
> extends ReadableImageSet<Example> {
  openImage(example: Example, signal?: AbortSignal): Promise<OpenedImage>;
}

/** An {@link ImageExample} whose picture is in memory. */
export interface MemoryExample extends ImageExample {
  readonly image: DecodedImage;
}

/** The indices of all classes of an example. */
export function labelsOf({ label, labels }: ImageExample): readonly number[] {
  return labels ?? [label];
}

/** Counts the examples of each class, in label order; an example with several classes counts for each. */
export function countByClass({ classNames, examples }: ImageSet): number[] {
  const counts = new Array<number>(classNames.length).fill(0);
  for (const example of examples) for (const label of labelsOf(example)) counts[label]!++;
  return counts;
}
