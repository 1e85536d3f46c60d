import { ZooError, type BatchSource } from '@zoo/core';

import { predictBatches } from './predict-batches';
import { indexOfMaximum, isInTop } from './ranked-classes';
import { addSums, meansOf, NO_EXAMPLES } from './running-metrics';
import type { ScoredModel } from './scored-model';

/** The name of the top-k accuracy among the metrics: `valTop5Accuracy`. */
export function topKMetric(k: number): string {
  return `valTop${k}Accuracy`;
}

/** Options of {@link measure}. */
interface MeasureOptions {
  topK?: number | undefined;
  signal?: AbortSignal | undefined;
  epoch?: number;
  /** The sum of a number over all ranks, each of which measures its part. */
  sum?: (value: number) => Promise<number>;
  /** Called after each batch. */
  onBatch?: () => Promise<void>;
}

/** Loss and accuracies of a model over an epoch of `source`, without keeping its predictions; top-k is 0 if it is not asked for. */
export async function measure(
  model: ScoredModel,
  source: BatchSource,
  { topK = 0, signal, epoch = 0, sum = (value) => Promise.resolve(value), onBatch }: MeasureOptions,
): Promise<{ loss: number; accuracy: number; topKAccuracy: number }> {
  let sums = NO_EXAMPLES;
  let inTop = 0;
  for await (const batch of predictBatches(model, source, signal, epoch)) {
    const { losses, probabilities, labels, classes } = batch;
    losses.forEach((loss, index) => {
      const start = index * classes;
      sums = addSums(sums, { examples: 1, loss, correct: model.scoring.rightShare(batch, start) });
      if (topK === 0) return;
      const label = indexOfMaximum(labels, start, classes);
      if (isInTop(probabilities, start, classes, label, topK)) inTop += 1;
    });
    await onBatch?.();
  }
  const all = {
    examples: await sum(sums.examples),
    loss: await sum(sums.loss),
    correct: await sum(sums.correct),
  };
  if (all.examples === 0) {
    throw new ZooError(
      'invalid-argument',
      'Expected batches from `options.validation` but the epoch held none. Give it examples, or leave it out.',
    );
  }
  return { ...meansOf(all), topKAccuracy: (await sum(inTop)) / all.examples };
}
