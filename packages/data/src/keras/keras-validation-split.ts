import {
  ArgumentError,
  expectNumber,
  readOptions,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import type { ImageExample, ImageSet } from '../sets/image-set';
import { expectOneLabel } from '../sets/labels';
import type { Split } from '../sets/split-examples';
import { PART } from '../sets/split-options';

const KERAS_VALIDATION_SPLIT_OPTIONS = {
  /**
   * `first`, of each class: ImageDataGenerator's `flow_from_directory`. `firstOfAll`, of the whole in its order: its `flow`, of pictures in
   * memory, which must be shuffled before. `last`, of the whole in its order: image_dataset_from_directory's, which shuffles before. Default
   * `first`.
   */
  side: { type: 'choice', choices: ['first', 'firstOfAll', 'last'], default: 'first' },
} as const satisfies OptionTable;

/** Options of {@link kerasValidationSplit}. */
export interface KerasValidationSplitOptions extends OptionsOf<typeof KERAS_VALIDATION_SPLIT_OPTIONS> {}

/**
 * The split of Keras' `validation_split`: of each class the first `fraction`, rounded down, is for validation, as in ImageDataGenerator;
 * with `side: 'firstOfAll'` the first of the whole, as in its `flow`, and with `last` the last of the whole, as in
 * image_dataset_from_directory.
 *
 * Nothing is shuffled, and neighbours in a folder are often similar; in a sorted folder `firstOfAll` and `last` take only some classes. `splitExamples`
 * is the better split.
 *
 * @throws ArgumentError for a fraction that is not between 0 and 1, or that leaves nothing for validation; for `side: 'first'` where
 *   pictures may have several classes.
 */
export function kerasValidationSplit<Example extends ImageExample, Whole extends ImageSet<Example>>(
  set: Whole & ImageSet<Example>,
  fraction: number,
  options: KerasValidationSplitOptions = {},
): Split<Whole> {
  expectNumber('fraction', fraction, PART);
  const { side } = readOptions(KERAS_VALIDATION_SPLIT_OPTIONS, options);
  if (side === 'first') expectOneLabel(set, 'options.side', "Take side: 'last', or splitExamples.");
  const { train, validation } = SIDES[side](set, fraction);
  if (validation.length === 0)
    throw new ArgumentError('fraction', 'a share of at least one example', fraction);
  return { train: { ...set, examples: train }, validation: { ...set, examples: validation } };
}

const SIDES = { first: firstOfEachClass, firstOfAll, last: lastOfAll } as const;

function firstOfAll<Example extends ImageExample>(
  { examples }: ImageSet<Example>,
  fraction: number,
): Split<Example[]> {
  const end = Math.trunc(fraction * examples.length);
  return { train: examples.slice(end), validation: examples.slice(0, end) };
}

function firstOfEachClass<Example extends ImageExample>(
  set: ImageSet<Example>,
  fraction: number,
): Split<Example[]> {
  const byClass = set.classNames.map((_, label) => set.examples.filter((example) => example.label === label));
  const held = (examples: readonly Example[]) => Math.trunc(fraction * examples.length);
  return {
    train: byClass.flatMap((examples) => examples.slice(held(examples))),
    validation: byClass.flatMap((examples) => examples.slice(0, held(examples))),
  };
}

function lastOfAll<Example extends ImageExample>(
  { examples }: ImageSet<Example>,
  fraction: number,
): Split<Example[]> {
  const start = examples.length - Math.trunc(fraction * examples.length);
  return { train: examples.slice(0, start), validation: examples.slice(start) };
}
