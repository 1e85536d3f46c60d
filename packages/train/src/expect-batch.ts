import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, classifierHead, type Batch, type BatchSource } from '@zoo/core';

/** What the batches of a run have to be like. */
export interface BatchForm {
  /** Of a picture; null for a size that is left open. */
  readonly imageShape: readonly (number | null)[];
  readonly classCount: number;
}

/** The batches that `model` learns from. */
export function batchFormOf(model: tfl.LayersModel): BatchForm {
  return { imageShape: model.inputs[0]!.shape.slice(1), classCount: classifierHead(model).classCount };
}

/** The batches that `source` has promised. */
export function promisedForm({ imageShape, sizeVaries = false, classNames }: BatchSource): BatchForm {
  return {
    imageShape: sizeVaries ? [null, null, imageShape[2]] : imageShape,
    classCount: classNames.length,
  };
}

/**
 * Throws ArgumentError unless a batch has that form.
 *
 * Engines compute with pictures of other sizes and with more labels than classes without an error, and the weights learn something else.
 */
export function expectBatch({ images, labels }: Batch, { imageShape, classCount }: BatchForm): void {
  for (const [name, tensor] of Object.entries({ images, labels })) {
    if (!tensor.isDisposed) continue;
    throw new ArgumentError(
      `batch.${name}`,
      'a tensor',
      'one that is disposed',
      'Who takes a batch disposes it: make new tensors each time.',
    );
  }
  const [size, ...shape] = images.shape;
  const isFit =
    shape.length === imageShape.length &&
    imageShape.every((length, axis) => length === null || length === shape[axis]);
  if (!isFit) {
    const expected = ['size', ...imageShape.map((length) => length ?? 'any')].join(', ');
    throw new ArgumentError('batch.images', `[${expected}]`, images.shape, 'Resize the pictures.');
  }
  // A batch that a caller made may have labels of any rank.
  const { shape: rows }: { shape: readonly number[] } = labels;
  if (rows.length !== 2 || rows[0] !== size || rows[1] !== classCount) {
    throw new ArgumentError(
      'batch.labels',
      `[${size}, ${classCount}], one row per picture and one column per class,`,
      rows,
      `tf.oneHot(numbers, ${classCount}) makes rows of numbers from 0 on.`,
    );
  }
}

/**
 * Throws ArgumentError for an example of no class, which teaches nothing and counts as right or wrong by chance: `tf.oneHot` makes such a
 * row of a label out of range.
 *
 * @param labels [size * classes]
 */
export function expectOneClassEach(
  { labels, classes, sources }: { labels: Float32Array; classes: number; sources: readonly string[] },
  argument: string,
): void {
  for (let start = 0; start < labels.length; start += classes) {
    if (labels.subarray(start, start + classes).some((share) => share !== 0)) continue;
    throw new ArgumentError(
      argument,
      `labels with a class for each example`,
      `none for '${sources[start / classes] ?? `example ${start / classes}`}'`,
      `Count classes from 0 to ${classes - 1}.`,
    );
  }
}
