import * as tf from '@tensorflow/tfjs-core';
import { disposeBatch, ZooError, type Batch, type BatchSource } from '@zoo/core';

import { expectBatch, promisedForm } from '../expect-batch';
import { yieldToEventLoop } from '../training/yield-to-event-loop';

import type { ScoredModel } from './scored-model';

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
  model: ScoredModel,
  source: BatchSource,
  signal?: AbortSignal,
  epoch = 0,
): AsyncGenerator<BatchPredictions, void> {
  signal?.throwIfAborted();
  const form = promisedForm(source);
  for await (const batch of source.batches({ epoch, ...(signal === undefined ? {} : { signal }) })) {
    try {
      expectBatch(batch, form);
      yield await predict(model, batch);
    } finally {
      disposeBatch(batch);
    }
    await yieldToEventLoop();
    signal?.throwIfAborted();
  }
}

async function predict(
  { logits, scoring }: ScoredModel,
  { images, labels, sources }: Batch,
): Promise<BatchPredictions> {
  // A rank's part of a batch may be empty, which no engine runs forward.
  if (images.shape[0] === 0) return { sources, ...NOTHING, classes: labels.shape[1] };
  const outputs = await onHost(() => {
    const scores = logits(images, false);
    return { losses: scoring.losses(scores, labels), probabilities: scoring.probabilities(scores) };
  });
  return { sources, ...outputs, labels: await labels.data<'float32'>(), classes: labels.shape[1] };
}

/** Throws ZooError 'not-finite' where the model has answered with no number, of which a rank or a mean would be wrong in silence. */
export function expectAnswers({ probabilities, sources, classes }: BatchPredictions): void {
  const place = probabilities.findIndex((value) => Number.isNaN(value));
  if (place === -1) return;
  const example = Math.floor(place / classes);
  throw new ZooError(
    'not-finite',
    `The model answers '${sources[example] ?? `example ${example}`}' with NaN. Check that its weights and the values of the picture are finite.`,
  );
}

/** The values of what `compute` makes, by name; its tensors are freed. */
export async function onHost<Name extends string>(
  compute: () => Record<Name, tf.Tensor>,
): Promise<Record<Name, Float32Array>> {
  const outputs = Object.entries<tf.Tensor>(tf.tidy(compute));
  try {
    const values = outputs.map(async ([name, tensor]) => [name, await tensor.data<'float32'>()] as const);
    return Object.fromEntries(await Promise.all(values)) as Record<Name, Float32Array>;
  } finally {
    tf.dispose(outputs.map(([, tensor]) => tensor));
  }
}

const NOTHING = {
  losses: new Float32Array(0),
  probabilities: new Float32Array(0),
  labels: new Float32Array(0),
};
