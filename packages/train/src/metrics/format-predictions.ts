import { expectInteger } from '@zoo/core';

/** A class and its probability. */
export interface ClassProbability {
  readonly className: string;
  readonly probability: number;
}

/** The `count` most probable classes, the most probable first; equals in class order. */
export function topClasses(
  probabilities: ArrayLike<number>,
  classNames: readonly string[],
  count = 5,
): ClassProbability[] {
  expectInteger('count', count, { minimum: 1 });
  return classNames
    .map((className, index) => ({ className, probability: probabilities[index]! }))
    .sort((left, right) => right.probability - left.probability)
    .slice(0, count);
}

/**
 * One line a class, `police : 99.38194155693054`: the name and the probability times 100, with every digit of the product.
 *
 * A float32 probability is widened to float64 before it is multiplied, as Python does with an item of NumPy's `tolist()`.
 */
export function formatPredictions(predictions: readonly ClassProbability[]): string {
  return predictions.map(({ className, probability }) => `${className} : ${probability * 100}`).join('\n');
}
