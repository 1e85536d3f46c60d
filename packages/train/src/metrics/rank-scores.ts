/** How well scores rank the examples of a class above all others. */
export interface Ranking {
  /** Area under the curve of true over false positives (ROC): the chance that one of the class is above one that is not. */
  readonly rocAuc: number;
  /** Precision at each recall that is reached, weighted by the recall that it adds: scikit-learn's `average_precision_score`. */
  readonly averagePrecision: number;
}

/**
 * How scores rank the examples of a class, exactly: examples of equal scores come together, whatever their order.
 *
 * @param scores One an example, none below 0.
 * @param isPositive True where the example is of the class.
 * @returns Not a number where there is nothing to rank: `rocAuc` without examples of both kinds, `averagePrecision` without any of the
 *   class, both where a score is no number.
 */
export function rankScores(scores: Float32Array, isPositive: (example: number) => boolean): Ranking {
  if (scores.some(Number.isNaN)) return { rocAuc: Number.NaN, averagePrecision: Number.NaN };
  const keys = sortedKeys(scores, isPositive);
  let positives = 0;
  for (const key of keys) positives += key % 2;
  const negatives = keys.length - positives;
  let [above, falseAbove, pairs, precisions] = [0, 0, 0, 0];
  for (let end = keys.length; end > 0;) {
    const score = Math.floor(keys[end - 1]! / 2);
    let [same, falseSame] = [0, 0];
    for (; end > 0 && Math.floor(keys[end - 1]! / 2) === score; end--) {
      if (keys[end - 1]! % 2 === 1) same += 1;
      else falseSame += 1;
    }
    // A pair of equal scores is half right.
    pairs += falseSame * (above + same / 2);
    above += same;
    falseAbove += falseSame;
    precisions += (same * above) / (above + falseAbove);
  }
  return { rocAuc: pairs / (positives * negatives), averagePrecision: precisions / positives };
}

/** A number for each example that sorts as its score does, the lowest first, and is odd where the example is positive: sorted fast, by value. */
function sortedKeys(scores: Float32Array, isPositive: (example: number) => boolean): Float64Array {
  // The bits of numbers that are not negative are in the numbers' order; adding 0 makes -0 one of them.
  const bits = new Uint32Array(scores.map((score) => score + 0).buffer);
  return Float64Array.from(bits, (value, example) => 2 * value + (isPositive(example) ? 1 : 0)).sort();
}
