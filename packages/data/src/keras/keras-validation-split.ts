import { ArgumentError, expectNumber } from '@zoo/core/options';

import type { ImageExample, ImageSet } from '../sets/image-set';
import type { Split } from '../sets/split-examples';
import { PART } from '../sets/split-options';

/**
 * The split of ImageDataGenerator's `validation_split`: of each class the first `fraction`, rounded down, is for validation.
 *
 * Nothing is shuffled, and neighbours in a folder tend to be alike; `splitExamples` is the better split.
 *
 * @throws ArgumentError for a fraction that is not between 0 and 1, or that leaves nothing for validation.
 */
export function kerasValidationSplit<Example extends ImageExample, Whole extends ImageSet<Example>>(
  set: Whole & ImageSet<Example>,
  fraction: number,
): Split<Whole> {
  expectNumber('fraction', fraction, PART);
  const byClass = set.classNames.map((_, label) => set.examples.filter((example) => example.label === label));
  const validation = byClass.flatMap((examples) => examples.slice(0, Math.trunc(fraction * examples.length)));
  if (validation.length === 0)
    throw new ArgumentError('fraction', 'a share of at least one example', fraction);
  const train = byClass.flatMap((examples) => examples.slice(Math.trunc(fraction * examples.length)));
  return { train: { ...set, examples: train }, validation: { ...set, examples: validation } };
}
