import * as tf from '@tensorflow/tfjs-core';
import { disposeBatch, softmaxCrossEntropy, type BatchSource } from '@zoo/core';

import type { LogitsFunction } from '../logits';
import { yieldToEventLoop } from '../training/yield-to-event-loop';

/** One batch's outputs on the host. */
export interface BatchPredictions {
  readonly sources: readonly string[];
  /** Cross-entropy of each example. [size] */
  readonly losses: Float32Array;
  /** [size * classes] */
  readonly probabilities: Float32Array;
  /** [size * classes] */
  readonly labels: Float32Array;
  readonly classes: number;
}

/** A model's outputs over an epoch of `source`, batch by batch, in inference mode. */
export async function* predictBatches(
  logits: LogitsFunction,
  source: BatchSource,
  signal?: AbortSignal,
  epoch = 0,
): AsyncGenerator<BatchPredictions> {
  signal?.throwIfAborted();
  for await (const batch of source.batches({ epoch, ...(signal === undefined ? {} : { signal }) })) {
    try {
      yield await predict(logits, batch.images, batch.labels, batch.sources);
    } finally {
      disposeBatch(batch);
    }
    await yieldToEventLoop();
    signal?.throwIfAborted();
  }
}

async function predict(
  logits: LogitsFunction,
  images: tf.Tensor4D,
  labels: tf.Tensor2D,
  sources: readonly string[],
): Promise<BatchPredictions> {
  // A rank's part of a batch may be empty, which no engine runs forward.
  if (images.shape[0] === 0) return { sources, ...NOTHING, classes: labels.shape[1] };
  const outputs = tf.tidy(() => {
    const scores = logits(images, false);
    return { losses: softmaxCrossEntropy(scores, labels), probabilities: tf.softmax(scores) };
  });
  try {
    const [losses, probabilities, labelValues] = await Promise.all([
      outputs.losses.data<'float32'>(),
      outputs.probabilities.data<'float32'>(),
      labels.data<'float32'>(),
    ]);
    return { sources, losses, probabilities, labels: labelValues, classes: labels.shape[1] };
  } finally {
    tf.dispose([outputs.losses, outputs.probabilities]);
  }
}

const NOTHING = {
  losses: new Float32Array(0),
  probabilities: new Float32Array(0),
  labels: new Float32Array(0),
};

/** Index of the highest value in `values[start .. start + length)`, counted from `start`; the first of equals. */
export function indexOfMaximum(values: Float32Array, start: number, length: number): number {
  let best = 0;
  for (let index = 1; index < length; index++) {
    if (values[start + index]! > values[start + best]!) best = index;
  }
  return best;
}

/** True if fewer than `k` of the `length` values from `start` on are higher than the one at `index`; a value that is no number never counts. */
export function isInTop(
  values: Float32Array,
  start: number,
  length: number,
  index: number,
  k: number,
): boolean {
  const value = values[start + index]!;
  if (Number.isNaN(value)) return false;
  let higher = 0;
  for (let other = 0; other < length; other++) {
    if (values[start + other]! > value) higher += 1;
  }
  return higher < k;
}
