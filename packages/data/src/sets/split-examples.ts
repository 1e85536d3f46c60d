import { createRandom } from '@zoo/core';
import { ArgumentError, readOptions, type OptionsOf } from '@zoo/core/options';

import { eachAlone, groupExamples, type ExampleGroup as Group } from './example-groups';
import { countByClass, type ImageExample, type ImageSet } from './image-set';
import { SPLIT_OPTIONS } from './split-options';

/** Options of {@link splitExamples}. */
export interface SplitOptions<Example extends ImageExample = ImageExample> extends OptionsOf<
  typeof SPLIT_OPTIONS
> {
  /**
   * Examples with one key stay together: frames of one film, pictures of one person, variants of one drawing.
   *
   * Without it each example stands for itself.
   */
  readonly by?: (example: Example, index: number) => string | number;
}

/** The two sides of a split, each in the order of the whole. */
export interface Split<Whole> {
  train: Whole;
  validation: Whole;
}

/**
 * A set cut in two, with `fraction` of every class on the side of `validation` as nearly as the groups allow.
 *
 * @example
 * const { train, validation } = splitExamples(folder, { fraction: 0.2, seed: 1, by: ({ path }) => personOf(path) });
 *
 * @throws ArgumentError if a class can't stand on both sides: it has one example, or all of them are in one group.
 */
export function splitExamples<Example extends ImageExample, Whole extends ImageSet<Example>>(
  set: Whole & ImageSet<Example>,
  options: SplitOptions<Example>,
): Split<Whole> {
  const { fraction, seed } = readOptions(SPLIT_OPTIONS, options);
  const groups = groupExamples(set, options.by ?? eachAlone);
  const totals = countByClass(set);
  const order = createRandom(seed).fork('split').permutation(groups.length);
  const shuffled = Array.from(order, (index) => groups[index]!);
  const held = fillSide(
    shuffled,
    totals.map((total) => total * fraction),
  );
  fixEmptySides(shuffled, held, totals, set.classNames);
  const side = (validation: boolean): Whole => {
    const indices = shuffled
      .filter((group) => held.has(group) === validation)
      .flatMap(({ members }) => members);
    return { ...set, examples: indices.sort((a, b) => a - b).map((index) => set.examples[index]!) };
  };
  return { train: side(false), validation: side(true) };
}

/** Takes each group, in order, that brings the side's numbers nearer to `targets`. */
function fillSide(groups: readonly Group[], targets: readonly number[]): Set<Group> {
  const held = new Set<Group>();
  const missing = [...targets];
  for (const group of groups) {
    let gain = 0;
    group.counts.forEach((count, label) => {
      gain += missing[label]! ** 2 - (missing[label]! - count) ** 2;
    });
    if (gain <= 0) continue;
    held.add(group);
    group.counts.forEach((count, label) => (missing[label]! -= count));
  }
  return held;
}

/** Moves the smallest group of each class that stands on one side only over to the other. */
function fixEmptySides(
  groups: readonly Group[],
  held: Set<Group>,
  totals: readonly number[],
  classNames: readonly string[],
): void {
  const countHeld = (label: number) =>
    groups.reduce((sum, group) => sum + (held.has(group) ? group.counts[label]! : 0), 0);
  const isWhole = (label: number) => {
    const count = countHeld(label);
    return totals[label] === 0 || (count > 0 && count < totals[label]!);
  };
  totals.forEach((_, label) => {
    if (isWhole(label)) return;
    const smallest = groups
      .filter((group) => group.counts[label]! > 0)
      .reduce((best, group) => (group.members.length < best.members.length ? group : best));
    if (held.has(smallest)) held.delete(smallest);
    else held.add(smallest);
  });
  const broken = classNames.findIndex((_, label) => !isWhole(label));
  if (broken === -1) return;
  const isGrouped = groups.some(({ members }) => members.length > 1);
  throw new ArgumentError(
    'set',
    `at least two ${isGrouped ? 'groups of examples' : 'examples'} of the class '${classNames[broken]!}'`,
    groups.filter((group) => group.counts[broken]! > 0).length,
    `Every class has to stand on both sides: add pictures${isGrouped ? ', or group them more finely' : ''}.`,
  );
}
