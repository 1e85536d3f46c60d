import { ArgumentError } from '@zoo/core';

import { countByClass, type ImageSet } from './image-set';

/**
 * A weight for each class that balances their numbers: `examples / (classes * examples of the class)`, 1 where all are equal.
 *
 * The formula of scikit-learn's `compute_class_weight('balanced')`.
 *
 * @throws ArgumentError if a class has no example.
 */
export function classWeights(set: ImageSet): number[] {
  const counts = countByClass(set);
  return counts.map((count, label) => {
    if (count === 0) {
      throw new ArgumentError('set', `examples of the class '${set.classNames[label]!}'`, 'none');
    }
    return set.examples.length / (counts.length * count);
  });
}
