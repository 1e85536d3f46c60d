import { createRandom } from '@zoo/core';
import { ArgumentError, readOptions, type OptionsOf } from '@zoo/core/options';

import { eachAlone, groupExamples, type ExampleGroup as Group } from './example-groups';
import { countByClass, expectSet, type ImageExample, type ImageSet } from './image-set';
import { isMultiLabel, withClassOfNone } from './labels';
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
 * Splits a set in two, with `fraction` of every class in `validation`, as nearly as the groups allow.
 *
 * If pictures have several classes, each class is split in this proportion, the rarest first (Sechidis et al. 2011, "On the Stratification
 * of Multi-label Data"), and so are pictures without a class.
 *
 * @example
 * const { train, validation } = splitExamples(folder, { fraction: 0.2, seed: 1, by: ({ path }) => personOf(path) });
 *
 * @throws ArgumentError if a class can't be on both sides, because it has one example or all of its examples are in one group.
 */
export function splitExamples<Example extends ImageExample, Whole extends ImageSet<Example>>(
  set: Whole & ImageSet<Example>,
  options: SplitOptions<Example>,
): Split<Whole> {
  expectSet('set', set);
  const { fraction, seed } = readOptions(SPLIT_OPTIONS, options);
  // Pictures without any class are divided, too.
  const stratified = withClassOfNone(set);
  const groups = groupExamples(stratified, options.by ?? eachAlone);
  const totals = countByClass(stratified);
  const order = createRandom(seed).fork('split').permutation(groups.length);
  const shuffled = Array.from(order, (index) => groups[index]!);
  const held = fillSide(
    isMultiLabel(set) ? rarestFirst(shuffled, totals) : shuffled,
    totals.map((total) => total * fraction),
    isMultiLabel(set),
  );
  fixEmptySides(shuffled, held, totals.slice(0, set.classNames.length), set.classNames);
  const side = (validation: boolean): Whole => {
    const indices = shuffled
      .filter((group) => held.has(group) === validation)
      .flatMap(({ members }) => members);
    return { ...set, examples: indices.sort((a, b) => a - b).map((index) => set.examples[index]!) };
  };
  return { train: side(false), validation: side(true) };
}

/** Rounds over all groups that {@link fillSide} makes at most. */
const MOST_ROUNDS = 16;

/**
 * Takes each group, in order, that brings the side's numbers nearer to `targets`.
 *
 * @param isRevised Goes over them again, and puts back what has come to be too much, until nothing brings the numbers nearer.
 */
function fillSide(groups: readonly Group[], targets: readonly number[], isRevised: boolean): Set<Group> {
  const held = new Set<Group>();
  const missing = [...targets];
  for (let round = 0, isChanged = true; isChanged && round < (isRevised ? MOST_ROUNDS : 1); round++) {
    isChanged = false;
    for (const group of groups) {
      const sign = held.has(group) ? -1 : 1;
      let gain = 0;
      group.counts.forEach((count, label) => {
        gain += missing[label]! ** 2 - (missing[label]! - sign * count) ** 2;
      });
      if (gain <= (isRevised ? LEAST_GAIN : 0)) continue;
      isChanged = true;
      toggle(held, group);
      group.counts.forEach((count, label) => (missing[label]! -= sign * count));
    }
  }
  return held;
}

/** What is less comes of rounding, and would go back and forth. */
const LEAST_GAIN = 1e-9;

function toggle(held: Set<Group>, group: Group): void {
  if (!held.delete(group)) held.add(group);
}

/** Groups in the order of their rarest class, and otherwise as they are. */
function rarestFirst(groups: readonly Group[], totals: readonly number[]): Group[] {
  const rarest = new Map(
    groups.map((group) => [
      group,
      totals.reduce(
        (least, total, label) => (group.counts[label]! > 0 ? Math.min(least, total) : least),
        Infinity,
      ),
    ]),
  );
  return [...groups].sort((left, right) => rarest.get(left)! - rarest.get(right)!);
}

/** Moves the smallest group of each class that stands on one side only over to the other: one that leaves no other class so, if there is one. */
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
    const bySize = groups
      .filter((group) => group.counts[label]! > 0)
      .sort((left, right) => left.members.length - right.members.length);
    const isHarmless = (group: Group) => {
      toggle(held, group);
      const isFine = totals.every((_total, other) => group.counts[other] === 0 || isWhole(other));
      toggle(held, group);
      return isFine;
    };
    toggle(held, bySize.find(isHarmless) ?? bySize[0]!);
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
