import type * as tf from '@tensorflow/tfjs-core';

import type { Preprocessing } from './preprocessing';

/**
 * Some examples, ready for a training or evaluation step.
 *
 * Whoever receives a batch owns its tensors and disposes them, with {@link disposeBatch} or by hand.
 */
export interface Batch {
  /** Model inputs, normalised. [size, height, width, channels] */
  readonly images: tf.Tensor4D;
  /** Class probabilities: one-hot, or soft after mixing augmentations; 1 for each class that holds where several may. [size, classes] */
  readonly labels: tf.Tensor2D;
  /** Where each example came from, a path as a rule, in the batch's order. */
  readonly sources: readonly string[];
}

/** Which batches to yield: see {@link BatchSource.batches}. */
export interface BatchRequest {
  /** The epoch, from 0; with the source's seed it decides order and augmentation. */
  epoch: number;
  /** The first batch to yield, from 0 (the default); a run resumed within an epoch skips what it has done, undecoded. */
  firstBatch?: number;
  /** Aborted, the sequence ends by throwing the signal's reason. */
  signal?: AbortSignal;
}

/**
 * A data set cut into batches; what training and evaluation read.
 *
 * `batches` is a function of the seed and the epoch's number alone: asked twice for one epoch it yields the same batches,
 * so that resuming needs no state of the source.
 */
export interface BatchSource {
  /** Names of the classes, in label order. */
  readonly classNames: readonly string[];
  /** True if pictures may have several classes, or none: for a multi-label head alone. */
  readonly isMultiLabel?: boolean;
  /** How a picture becomes one of the images, as far as it is known; `fit` writes it into the model. */
  readonly preprocessing?: Partial<Preprocessing>;
  /** Height, width and channels of an image. */
  readonly imageShape: readonly [height: number, width: number, channels: number];
  /** True if images of some epochs have another height and width than `imageShape`: the model must leave both open. */
  readonly sizeVaries?: boolean;
  /** Examples an epoch holds. */
  readonly exampleCount: number;
  /** Examples a batch holds; the last batch of an epoch may hold fewer. */
  readonly batchSize: number;
  /** Batches an epoch holds. */
  readonly batchesPerEpoch: number;
  /**
   * What pixels, order and augmentation follow from, by the option's name. A resumed run is held to it, so that the same batches
   * come; a source without it is held to its sizes and classes alone.
   */
  readonly settings?: Readonly<Record<string, JsonValue>>;
  /** The batches of one epoch, in order, made ahead of their use. */
  batches(request: BatchRequest): AsyncIterable<Batch>;
  /**
   * The same batches, of each the part that one of `size` processes takes: of n examples those from `floor(rank * n / size)` up to the
   * next rank's. Sizes and counts stay those of whole batches, of which there are as many; a part may be empty. A source that has
   * this need not read the other parts; of one that has not, training on several ranks reads all and keeps a part.
   */
  part?(rank: number, size: number): BatchSource;
}

/** Frees both tensors of a batch. */
export function disposeBatch(batch: Batch): void {
  batch.images.dispose();
  batch.labels.dispose();
}

/** A value that JSON can hold. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
