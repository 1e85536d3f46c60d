/** Sums over the examples of an epoch so far; plain numbers, so that a checkpoint in mid-epoch keeps them. */
export interface MetricSums {
  readonly examples: number;
  readonly loss: number;
  readonly correct: number;
}

export const NO_EXAMPLES: MetricSums = { examples: 0, loss: 0, correct: 0 };

/** Both sums together. */
export function addSums(left: MetricSums, right: MetricSums): MetricSums {
  return {
    examples: left.examples + right.examples,
    loss: left.loss + right.loss,
    correct: left.correct + right.correct,
  };
}

/** Loss and accuracy over the examples, each example counting once whatever batch it was in. */
export function meansOf({ examples, loss, correct }: MetricSums): { loss: number; accuracy: number } {
  return { loss: loss / examples, accuracy: correct / examples };
}
