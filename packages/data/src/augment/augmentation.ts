import type { JsonValue, Random } from '@zoo/core';

import type { DecodedImage } from '../image/decoded-image';

import type { ImageStep } from './image-step';

/** A picture's height and width. */
export interface TargetSize {
  readonly height: number;
  readonly width: number;
}

/**
 * A random change of one picture; write your own as a plain object.
 *
 * `random` is a separate stream for each seed, epoch, example and place in the list of augmentations, so the result does not depend on the
 * order of batches, on the draws of other augmentations or on where a run was resumed.
 *
 * @example
 * const invert: Augmentation = {
 *   name: 'invert',
 *   apply: (image, random) => {
 *     if (random.uniform() < 0.5) image.pixels.forEach((value, i) => (image.pixels[i] = 255 - value));
 *     return image;
 *   },
 * };
 */
export interface Augmentation {
  /** A name for messages and for the random stream. */
  readonly name: string;
  /** What it was set to: a resumed run is held to it. */
  readonly settings?: Readonly<Record<string, JsonValue>>;
  /**
   * The changed picture: a new one, or `image` itself, whose pixels may be overwritten.
   *
   * Of another size than `target`, it is resized to it after the last augmentation.
   */
  apply(image: DecodedImage, random: Random, target: TargetSize): DecodedImage;
  /**
   * What `apply` does to a picture of `size`, as data: the same draws, before there are pixels. Steps at the beginning of the list of
   * augmentations run in one pass with decoding and normalization, on another thread where there are `workers`.
   */
  plan?(size: TargetSize, random: Random, target: TargetSize): readonly ImageStep[];
}

/** The pixels of a whole batch, before they become tensors: what {@link BatchAugmentation} changes. */
export interface PixelBatch {
  /** Normalised pixels. [size, height, width, channels] */
  readonly images: Float32Array;
  /** Class probabilities. [size, classes] */
  readonly labels: Float32Array;
  readonly size: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3 | 4;
  /** Values of an example's labels: the classes, unless Keras' `class_mode` asks for others. */
  readonly classes: number;
}

/** A random change of a whole batch, labels included; changes it in place. */
export interface BatchAugmentation {
  /** A name for messages and for the random stream. */
  readonly name: string;
  /** What it was set to: a resumed run is held to it. */
  readonly settings?: Readonly<Record<string, JsonValue>>;
  /**
   * Overwrites `batch.images` and `batch.labels`.
   *
   * @param when The epoch that the batch belongs to, from 0: a change may end before training does.
   */
  apply(batch: PixelBatch, random: Random, when: { readonly epoch: number }): void;
}

/** Augmentations by name with what they were set to. */
export function describeAugmentations(
  changes: readonly (Augmentation | BatchAugmentation)[],
): readonly JsonValue[] {
  return changes.map(({ name, settings = {} }) => ({ name, ...settings }));
}
