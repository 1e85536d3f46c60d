import type { Prediction } from './evaluate';

/** The examples that were classified wrong, the most surely wrong first. */
export function mostWrong(predictions: readonly Prediction[], count = 20): Prediction[] {
  return predictions
    .filter(({ label, predicted }) => label !== predicted)
    .sort((left, right) => right.probabilities[right.predicted]! - left.probabilities[left.predicted]!)
    .slice(0, count);
}
