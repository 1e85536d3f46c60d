import type { BatchSource } from '@zoo/core';

import type { LogitsFunction } from '../logits';

import { indexOfMaximum, predictBatches } from './predict-batches';
import { meansOf, NO_EXAMPLES, addSums } from './running-metrics';

/** Loss and accuracy of a model over all of `source`, without keeping its predictions. */
export async function measure(
  logits: LogitsFunction,
  source: BatchSource,
  signal?: AbortSignal,
): Promise<{ loss: number; accuracy: number }> {
  let sums = NO_EXAMPLES;
  for await (const { losses, probabilities, labels, classes } of predictBatches(logits, source, signal)) {
    losses.forEach((loss, index) => {
      const predicted = indexOfMaximum(probabilities, index * classes, classes);
      const correct = predicted === indexOfMaximum(labels, index * classes, classes) ? 1 : 0;
      sums = addSums(sums, { examples: 1, loss, correct });
    });
  }
  return meansOf(sums);
}
