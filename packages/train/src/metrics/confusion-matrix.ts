/** Counts of examples: `matrix[label][predicted]`. */
export function confusionMatrixOf(
  predictions: Iterable<{ readonly label: number; readonly predicted: number }>,
  classes: number,
): number[][] {
  const matrix = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  for (const { label, predicted } of predictions) matrix[label]![predicted]! += 1;
  return matrix;
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
    return row.map((cell, predicted) => ({ label, predicted, count: cell, share: cell / support }));
  });
  return all
    .filter((cell) => cell.label !== cell.predicted && cell.count > 0)
    .sort((left, right) => right.count - left.count || right.share - left.share)
    .slice(0, count);
}
