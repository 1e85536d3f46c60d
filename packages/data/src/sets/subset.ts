import { createRandom } from '@zoo/core';
import {
  ArgumentError,
  expectFunction,
  NAMES,
  readOptions,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import { SEED } from '../option-rows';

import { expectSet, labelsOf, type ImageExample, type ImageSet } from './image-set';
import { expectOneLabel, relabelled } from './labels';
import { relabelling } from './relabelling';

const SUBSET_OPTIONS = {
  /** Keeps the examples for which it returns true. */
  where: {
    type: 'any',
    expected: 'a function of an example that gives true or false',
    check: expectFunction,
  } as AnyRow<(example: never, index: number) => boolean>,
  /** Keeps these classes only, and numbers them in this order; pictures that have none of them are left out. */
  classNames: NAMES,
  /** Keeps at most so many examples of a class, drawn with `seed`; not where pictures may have several. */
  perClass: { type: 'integer', minimum: 1 },
  /** Default 0. */
  seed: SEED,
} as const satisfies OptionTable;

/** Options of {@link subset}; an example must meet all that are given. */
export interface SubsetOptions<Example extends ImageExample = ImageExample> extends OptionsOf<
  typeof SUBSET_OPTIONS
> {
  /** Keeps the examples for which it returns true. */
  readonly where?: (example: Example, index: number) => boolean;
}

/**
 * Selects some of a set's examples, in the set's order.
 *
 * @example
 * const small = subset(folder, { perClass: 50, seed: 1 });
 *
 * @throws ArgumentError for an unknown class, if nothing is left, or for `perClass` where pictures may have several classes.
 */
export function subset<Example extends ImageExample, Whole extends ImageSet<Example>>(
  set: Whole & ImageSet<Example>,
  options: SubsetOptions<Example>,
): Whole {
  expectSet('set', set);
  const { classNames = set.classNames, perClass, seed } = readOptions(SUBSET_OPTIONS, options);
  const { where = () => true } = options;
  const relabel = relabelling(set.classNames, classNames);
  const isChosen = (example: Example): boolean =>
    classNames === set.classNames || labelsOf(example).some((label) => relabel[label] !== undefined);
  let examples = set.examples.filter((example, index) => isChosen(example) && where(example, index));
  if (perClass !== undefined) expectOneLabel(set, 'options.perClass', 'Choose pictures by `where`.');
  if (perClass !== undefined) examples = drawPerClass(examples, perClass, seed);
  if (examples.length === 0) {
    throw new ArgumentError('options', 'a choice that leaves at least one example', 'one that leaves none');
  }
  if (classNames !== set.classNames) {
    examples = examples.map((example) => relabelled(example, relabel)!);
  }
  return { ...set, classNames, examples };
}

function drawPerClass<Example extends ImageExample>(
  examples: readonly Example[],
  perClass: number,
  seed: number,
): Example[] {
  const order = createRandom(seed).fork('subset').permutation(examples.length);
  const kept = new Uint8Array(examples.length);
  const counts = new Map<number, number>();
  for (const index of order) {
    const { label } = examples[index]!;
    const count = counts.get(label) ?? 0;
    if (count >= perClass) continue;
    counts.set(label, count + 1);
    kept[index] = 1;
  }
  return examples.filter((_, index) => kept[index] === 1);
}
