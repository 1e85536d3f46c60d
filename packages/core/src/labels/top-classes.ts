import { expectInteger } from '../arguments';
import { printable } from '../errors';

/** A class and its probability. */
export interface ClassProbability {
  readonly className: string;
  readonly probability: number;
}

/** The labels of the `count` highest scores, the highest first; equals in label order. A score that is no number comes last. */
export function topLabels(scores: ArrayLike<number>, count = 5): number[] {
  expectInteger('count', count, { minimum: 1 });
  const value = (label: number): number => (Number.isNaN(scores[label]!) ? -Infinity : scores[label]!);
  return Array.from({ length: scores.length }, (_, label) => label)
    .sort((left, right) => value(right) - value(left) || left - right)
    .slice(0, count);
}

/** The `count` most probable classes, the most probable first; equals in class order. */
export function topClasses(
  probabilities: ArrayLike<number>,
  classNames: readonly string[],
  count = 5,
): ClassProbability[] {
  return topLabels(probabilities, count)
    .filter((label) => label < classNames.length)
    .map((label) => ({ className: classNames[label]!, probability: probabilities[label]! }));
}

/**
 * One line per class, `police : 99.38194155693054`: the name and the probability times 100, with every digit of the product.
 *
 * A float32 probability is widened to float64 before it is multiplied, as Python does with an item of NumPy's `tolist()`.
 */
export function formatPredictions(predictions: readonly ClassProbability[]): string {
  return predictions
    .map(({ className, probability }) => `${printable(className)} : ${probability * 100}`)
    .join('\n');
}
