/** Answers whose confidence is within a range, the lower end excluded (but for 0). */
export interface ConfidenceBin {
  readonly from: number;
  readonly to: number;
  /** Answers in it. */
  readonly count: number;
  /** Mean confidence; not a number without answers. */
  readonly confidence: number;
  /** Share of right answers; not a number without answers. */
  readonly accuracy: number;
}

/** How well a model's confidence matches its accuracy: the reliability diagram and its errors (Guo et al. 2017). */
export interface Calibration {
  /** Expected calibration error: the mean distance of confidence and accuracy over all answers, bin by bin. 0 is best. */
  readonly error: number;
  /** The largest such distance of a bin. */
  readonly maximumError: number;
  /** From 0 to 1, all of one width. */
  readonly bins: readonly ConfidenceBin[];
}

/** Guo et al. 2017, section 5. */
const BIN_COUNT = 15;

/**
 * The calibration of answers.
 *
 * @param confidences The probability that each answer is given, 0..1.
 */
export function calibrationOf(
  confidences: ArrayLike<number>,
  isRight: (answer: number) => boolean,
): Calibration {
  const sums = Array.from({ length: BIN_COUNT }, () => ({ count: 0, confidence: 0, right: 0 }));
  for (let answer = 0; answer < confidences.length; answer++) {
    const confidence = confidences[answer]!;
    const bin = sums[Math.min(BIN_COUNT - 1, Math.max(0, Math.ceil(confidence * BIN_COUNT) - 1))];
    // NaN is in no bin and makes the error undefined.
    if (bin === undefined) return { error: Number.NaN, maximumError: Number.NaN, bins: [] };
    bin.count += 1;
    bin.confidence += confidence;
    if (isRight(answer)) bin.right += 1;
  }
  const bins = sums.map(({ count, confidence, right }, index) => ({
    from: index / BIN_COUNT,
    to: (index + 1) / BIN_COUNT,
    count,
    confidence: confidence / count,
    accuracy: right / count,
  }));
  const distances = bins
    .filter(({ count }) => count > 0)
    .map(({ count, confidence, accuracy }) => ({ count, distance: Math.abs(confidence - accuracy) }));
  return {
    error: distances.reduce((sum, { count, distance }) => sum + count * distance, 0) / confidences.length,
    maximumError: Math.max(...distances.map(({ distance }) => distance)),
    bins,
  };
}
