import { createRandom } from '@zoo/core';
import { ArgumentError, readOptions, type OptionsOf } from '@zoo/core/options';

import { eachAlone, groupExamples, type ExampleGroup } from './example-groups';
import { countByClass, expectSet, type ImageExample, type ImageSet } from './image-set';
import { withClassOfNone } from './labels';
import type { Split } from './split-examples';
import { K_FOLDS_OPTIONS } from './split-options';

/** Options of {@link kFolds}. */
export interface KFoldsOptions<Example extends ImageExample = ImageExample> extends OptionsOf<
  typeof K_FOLDS_OPTIONS
> {
  /** Examples with one key stay in one fold. Without it each example stands for itself. */
  readonly by?: (example: Example, index: number) => string | number;
}

/**
 * Stratified k-fold cross-validation: `folds` splits, in which each example is in `validation` once and in `train` otherwise.
 *
 * The numbers of examples of a class differ by at most one between folds; with `by` they differ as little as the groups allow. Both sides
 * keep the order of the whole set.
 *
 * @example
 * for (const { train, validation } of kFolds(folder, { folds: 5, seed: 1 })) await fit(...);
 *
 * @throws ArgumentError if a fold would be without an example of a class: it has fewer examples, or groups, than there are folds.
 */
export function kFolds<Example extends ImageExample, Whole extends ImageSet<Example>>(
  set: Whole & ImageSet<Example>,
  options: KFoldsOptions<Example> = {},
): Split<Whole>[] {
  expectSet('set', set);
  const { folds, seed } = readOptions(K_FOLDS_OPTIONS, options);
  const groups = groupExamples(withClassOfNone(set), options.by ?? eachAlone);
  const order = createRandom(seed).fork('folds').permutation(groups.length);
  const shuffled = Array.from(order, (index) => groups[index]!);
  const foldOf = dealGroups(shuffled, folds, countByClass(withClassOfNone(set)), set.examples.length);
  return Array.from({ length: folds }, (_, fold) => {
    const side = (validation: boolean): Whole => ({
      ...set,
      examples: set.examples.filter((__, index) => (foldOf[index] === fold) === validation),
    });
    const split = { train: side(false), validation: side(true) };
    expectEachClass(set, split.validation, folds);
    return split;
  });
}

/** The fold of each example: the largest groups first, each to the fold that has least of their classes. */
function dealGroups(
  groups: readonly ExampleGroup[],
  folds: number,
  totals: readonly number[],
  examples: number,
): Uint32Array {
  const counts = Array.from({ length: folds }, () => totals.map(() => 0));
  const sizes = new Array<number>(folds).fill(0);
  const foldOf = new Uint32Array(examples);
  const bySize = [...groups].sort((left, right) => right.members.length - left.members.length);
  for (const { members, counts: own } of bySize) {
    const labels = [...own.keys()].filter((label) => own[label]! > 0);
    const cost = (fold: number) =>
      labels.reduce((sum, label) => sum + (own[label]! * counts[fold]![label]!) / totals[label]!, 0);
    let best = 0;
    for (let fold = 1; fold < folds; fold++) {
      const difference = cost(fold) - cost(best);
      if (difference < 0 || (difference === 0 && sizes[fold]! < sizes[best]!)) best = fold;
    }
    for (const label of labels) counts[best]![label]! += own[label]!;
    sizes[best]! += members.length;
    for (const member of members) foldOf[member] = best;
  }
  return foldOf;
}

function expectEachClass(whole: ImageSet, held: ImageSet, folds: number): void {
  const totals = countByClass(whole);
  const missing = countByClass(held).findIndex((count, label) => count === 0 && totals[label]! > 0);
  if (missing === -1) return;
  throw new ArgumentError(
    'options.folds',
    `at most as many folds as the class '${whole.classNames[missing]!}' has examples or groups`,
    folds,
    'Take fewer folds, add pictures, or group them more finely.',
  );
}
