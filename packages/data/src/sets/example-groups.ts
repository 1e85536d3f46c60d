import { labelsOf, type ImageExample, type ImageSet } from './image-set';

/** Examples that stay together when a set is split. */
export interface ExampleGroup {
  /** Their places in the set. */
  readonly members: number[];
  /** Examples of each class. */
  readonly counts: number[];
}

/** The examples of a set by the key that `by` gives, in order of first appearance. */
export function groupExamples<Example extends ImageExample>(
  { classNames, examples }: ImageSet<Example>,
  by: (example: Example, index: number) => string | number,
): ExampleGroup[] {
  const groups = new Map<string | number, ExampleGroup>();
  examples.forEach((example, index) => {
    const key = by(example, index);
    let group = groups.get(key);
    if (group === undefined) {
      group = { members: [], counts: new Array<number>(classNames.length).fill(0) };
      groups.set(key, group);
    }
    group.members.push(index);
    for (const label of labelsOf(example)) group.counts[label]!++;
  });
  return [...groups.values()];
}

/** A key for each example: each stands for itself. */
export const eachAlone = (_example: ImageExample, index: number): number => index;
