import { ArgumentError } from '@zoo/core';

import { labelsOf, type ImageExample, type ImageSet } from './image-set';

/** Whether examples of the set may have several classes, or none. */
export function isMultiLabel({ examples }: ImageSet): boolean {
  return examples.some(({ labels }) => labels !== undefined);
}

/**
 * The labels of an example of several classes, or none, as fields of an {@link ImageExample}.
 *
 * @param labels Indices of its classes, in any order.
 */
export function severalLabels(labels: readonly number[]): Required<Pick<ImageExample, 'label' | 'labels'>> {
  const sorted = [...new Set(labels)].sort((left, right) => left - right);
  return { label: sorted[0] ?? NO_LABEL, labels: sorted };
}

/** The `label` of an example that no class holds for. */
const NO_LABEL = -1;

/** A set with a class more, which pictures have that none holds for; the set itself where a picture has one class. */
export function withClassOfNone<Example extends ImageExample>(set: ImageSet<Example>): ImageSet<Example> {
  if (!isMultiLabel(set)) return set;
  const { classNames } = set;
  return {
    classNames: [...classNames, ''],
    examples: set.examples.map((example) =>
      labelsOf(example).length === 0 ? { ...example, ...severalLabels([classNames.length]) } : example,
    ),
  };
}

/**
 * The same example with new label numbers.
 *
 * @param labels The new label of each old one; undefined for a class that is left out.
 * @returns Undefined for an example of one class that is left out; one that may have several loses the label alone.
 */
export function relabelled<Example extends ImageExample>(
  example: Example,
  labels: readonly (number | undefined)[],
): Example | undefined {
  if (example.labels !== undefined) {
    const left = example.labels.map((label) => labels[label]).filter((label) => label !== undefined);
    return { ...example, ...severalLabels(left) };
  }
  const label = labels[example.label];
  return label === undefined ? undefined : { ...example, label };
}

/**
 * Throws for a set whose pictures may have several classes.
 *
 * @param argument What the caller calls the set, or the option that does not go with it.
 */
export function expectOneLabel(set: ImageSet, argument: string, advice: string): void {
  if (isMultiLabel(set)) {
    throw new ArgumentError(
      argument,
      'a set with one class per picture',
      'one with several, or none',
      advice,
    );
  }
}
