import { ArgumentError } from '@zoo/core';

import { countByClass, type ImageSet } from './image-set';
import { expectOneLabel } from './labels';

/**
 * A weight for each class that balances their numbers: `examples / (classes * examples of the class)`, 1 where all are equal.
 *
 * The formula of scikit-learn's `compute_class_weight('balanced')`.
 *
 * @throws ArgumentError if a class has no example, and for a set whose pictures may have several classes: a class's weight would count for
 *   pictures with it and without it alike.
 */
export function classWeights(set: ImageSet): number[] {
  expectOneLabel(set, 'set', 'Give classWeights of your own.');
  const counts = countByClass(set);
  return counts.map((count, label) => {
    if (count === 0) {
      throw new ArgumentError('set', `examples of the class '${set.classNames[label]!}'`, 'none');
    }
    return set.examples.length / (counts.length * count);
  });
}
