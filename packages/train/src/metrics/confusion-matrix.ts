/** Counts of examples: `matrix[label][predicted]`. */
export function confusionMatrixOf(
  predictions: Iterable<{ readonly label: number; readonly predicted: number }>,
  classes: number,
): number[][] {
  const matrix = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  for (const { label, predicted } of predictions) matrix[label]![predicted]! += 1;
  return matrix;
}

/** Of more classes than this, tables leave out those that do not occur. */
export const MOST_TABLE_CLASSES = 40;

/**
 * Labels of the classes that tables show: all, or of more than 40 those that have examples or were predicted.
 *
 * Of ImageNet's 1,000 a folder has a few as a rule.
 */
export function shownClasses({
  confusionMatrix,
}: {
  readonly confusionMatrix: readonly (readonly number[])[];
}): number[] {
  const labels = [...confusionMatrix.keys()];
  if (labels.length <= MOST_TABLE_CLASSES) return labels;
  const predicted = new Set(confusionMatrix.flatMap((row) => labels.filter((label) => row[label]! > 0)));
  return labels.filter((label) => predicted.has(label) || confusionMatrix[label]!.some((count) => count > 0));
}

/** A class that is taken for another one. */
export interface Confusion {
  /** Index of the true class. */
  readonly label: number;
  /** Index of the class that it is taken for. */
  readonly predicted: number;
  readonly count: number;
  /** Of the true class's examples. */
  readonly share: number;
}

/** The classes that are confused most often, the most frequent confusion first; of equal counts, the larger share of its class. */
export function topConfusions(
  { confusionMatrix }: { readonly confusionMatrix: readonly (readonly number[])[] },
  count = 10,
): Confusion[] {
  const all = confusionMatrix.flatMap((row, label) => {
    const support = row.reduce((sum, cell) => sum + cell, 0);
    return row.flatMap((cell, predicted) =>
      cell === 0 || label === predicted ? [] : [{ label, predicted, count: cell, share: cell / support }],
    );
  });
  return all.sort((left, right) => right.count - left.count || right.share - left.share).slice(0, count);
}
