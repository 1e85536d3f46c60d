/** Counts of examples: `matrix[label][predicted]`. */
export function confusionMatrixOf(
  predictions: Iterable<{ readonly label: number; readonly predicted: number }>,
  classes: number,
): number[][] {
  const matrix = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  for (const { label, predicted } of predictions) matrix[label]![predicted]! += 1;
  return matrix;
}

/** How one class fares; rates are not a number where nothing was counted. */
export interface ClassScores {
  readonly className: string;
  /** Examples of the class. */
  readonly support: number;
  /** Of the examples predicted as this class, the share that are of it. */
  readonly precision: number;
  /** Of the examples of this class, the share that were predicted as it. */
  readonly recall: number;
  /** Harmonic mean of both. */
  readonly f1: number;
}

/** Precision, recall and F1 of every class of an evaluation. */
export function classScores({
  classNames,
  confusionMatrix,
}: {
  classNames: readonly string[];
  confusionMatrix: readonly (readonly number[])[];
}): ClassScores[] {
  return classNames.map((className, index) => {
    const correct = confusionMatrix[index]![index]!;
    const support = confusionMatrix[index]!.reduce((sum, count) => sum + count, 0);
    const predicted = confusionMatrix.reduce((sum, row) => sum + row[index]!, 0);
    return {
      className,
      support,
      precision: correct / predicted,
      recall: correct / support,
      f1: (2 * correct) / (support + predicted),
    };
  });
}
