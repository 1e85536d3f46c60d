import type * as tf from '@tensorflow/tfjs-core';
import { disposeBatch, type BatchSource } from '@zoo/core';

/** A model's outputs for a batch of pictures, row by row. [size * outputs] */
export type AnswerBatch = (images: tf.Tensor4D) => Promise<Float32Array>;

/** What a model says of pictures, in their order. */
export interface Answers {
  /** The outputs for each picture. */
  readonly outputs: readonly Float32Array[];
  /** The class that each is of. */
  readonly labels: readonly number[];
}

/** How two models answer beside each other. */
export interface Comparison {
  readonly pictures: number;
  readonly accuracyBefore: number;
  readonly accuracyAfter: number;
  /** Share of the pictures for which both give the same first class. */
  readonly agreement: number;
  /** Largest difference of an output. */
  readonly largestDifference: number;
}

/** Asks for all pictures of `source`, in its order. */
export async function answersOf(
  source: BatchSource,
  answer: AnswerBatch,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<Answers> {
  const outputs: Float32Array[] = [];
  const labels: number[] = [];
  for await (const batch of source.batches({ epoch: 0 })) {
    try {
      const [size, classes] = batch.labels.shape;
      const [values, oneHot] = await Promise.all([answer(batch.images), batch.labels.data<'float32'>()]);
      for (const row of rows(values, size)) outputs.push(row);
      // A binary head's unit stands for the second class.
      for (const row of rows(oneHot, size))
        labels.push(classes === 1 ? Math.round(row[0]!) : indexOfLargest(row));
    } finally {
      disposeBatch(batch);
    }
    onProgress(outputs.length, source.exampleCount);
  }
  return { outputs, labels };
}

/**
 * How often both are right and say the same, and how far their outputs are apart at most.
 *
 * @param threshold From which output on the one unit of a binary head says its second class.
 */
export function compareAnswers(before: Answers, after: Answers, threshold: number): Comparison {
  const pictures = before.outputs.length;
  const [first, second] = [before, after].map(({ outputs }) =>
    outputs.map((row) => (row.length === 1 ? Number(row[0]! > threshold) : indexOfLargest(row))),
  );
  const share = (isCounted: (i: number) => boolean) =>
    before.outputs.filter((_, i) => isCounted(i)).length / pictures;
  return {
    pictures,
    accuracyBefore: share((i) => first![i] === before.labels[i]),
    accuracyAfter: share((i) => second![i] === before.labels[i]),
    agreement: share((i) => first![i] === second![i]),
    largestDifference: largestDifference(before, after),
  };
}

function largestDifference(before: Answers, after: Answers): number {
  let largest = 0;
  for (const [i, row] of before.outputs.entries()) {
    for (const [k, value] of row.entries())
      largest = Math.max(largest, Math.abs(value - after.outputs[i]![k]!));
  }
  return largest;
}

function rows(values: Float32Array, size: number): Float32Array[] {
  const width = values.length / size;
  return Array.from({ length: size }, (_, i) => values.slice(i * width, (i + 1) * width));
}

function indexOfLargest(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}
