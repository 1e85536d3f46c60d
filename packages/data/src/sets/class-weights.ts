import { ArgumentError } from '@zoo/core';

import { countByClass, expectSet, type ImageSet } from './image-set';
import { expectOneLabel } from './labels';

/**
 * Weights that balance the classes: `examples / (classes * examples of the class)`, 1 if all classes have the same number.
 *
 * The formula of scikit-learn's `compute_class_weight('balanced')`.
 *
 * @throws ArgumentError if a class has no example, and for a set whose pictures may have several classes: there a class's weight would
 *   count for pictures with and without the class.
 */
export function classWeights(set: ImageSet): number[] {
  expectSet('set', set);
  expectOneLabel(set, 'set', 'Give classWeights of your own.');
  const counts = countByClass(set);
  return counts.map((count, label) => {
    if (count === 0) {
      throw new ArgumentError('set', `examples of the class '${set.classNames[label]!}'`, 'none');
    }
    return set.examples.length / (counts.length * count);
  });
}
