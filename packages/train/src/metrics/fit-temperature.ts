import type { HeadKind } from '@zoo/core';

/** Logits of held-out examples and what is true of them. */
export interface HeldOutLogits {
  /** [size * classes] */
  readonly logits: Float32Array;
  /** [size * classes] */
  readonly labels: Float32Array;
}

/** The range of temperatures that are looked at. */
export const TEMPERATURES = { least: 0.05, most: 20 } as const;

const MOST_ITERATIONS = 100;

/** A fitted temperature and its effect on a model's answers; the most probable class stays the same. */
export interface TemperatureFit {
  /** Above 1 where the model was too sure of itself. */
  readonly temperature: number;
  /** Mean cross-entropy of the held-out examples at this temperature, and at 1. */
  readonly loss: number;
  readonly lossBefore: number;
}

/**
 * The temperature that the negative log-likelihood of held-out examples is least at (Guo et al. 2017, section 4.2).
 *
 * The likelihood is convex in the inverse of the temperature, so that Newton's steps, kept between bounds, find its one minimum.
 *
 * @param classes Number of logits of an example.
 * @returns Undefined where there is no minimum within {@link TEMPERATURES}: where every answer is right, for example, more confidence is
 *   always better.
 */
export function fitTemperature(
  batches: readonly HeldOutLogits[],
  classes: number,
  kind: HeadKind,
): TemperatureFit | undefined {
  const addTo = kind === 'multiLabel' ? addOfSigmoids : addOfSoftmax;
  const at = (inverse: number): Likelihood => {
    const sums = { loss: 0, slope: 0, curvature: 0 };
    for (const batch of batches) addTo(sums, batch, inverse, classes);
    return sums;
  };
  let [low, high] = [1 / TEMPERATURES.most, 1 / TEMPERATURES.least];
  if (!(at(low).slope < 0) || !(at(high).slope > 0)) return undefined;
  let inverse = 1;
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    const { slope, curvature } = at(inverse);
    if (slope > 0) high = inverse;
    else low = inverse;
    const newton = inverse - slope / curvature;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    const isFound = Math.abs(next - inverse) < 1e-10 * inverse;
    inverse = next;
    if (isFound) break;
  }
  const values = batches.reduce((sum, { logits }) => sum + logits.length, 0);
  const losses = kind === 'multiLabel' ? values : values / classes;
  return { temperature: 1 / inverse, loss: at(inverse).loss / losses, lossBefore: at(1).loss / losses };
}

/** The summed negative log-likelihood, and its derivatives by the inverse temperature. */
interface Likelihood {
  loss: number;
  slope: number;
  curvature: number;
}

/** Adds what one class of several comes to: the slope is the logits' mean under the probabilities less the true one, the curvature their variance. */
function addOfSoftmax(
  sums: Likelihood,
  { logits, labels }: HeldOutLogits,
  inverse: number,
  classes: number,
): void {
  for (let start = 0; start < logits.length; start += classes) {
    let most = -Infinity;
    for (let index = start; index < start + classes; index++) most = Math.max(most, logits[index]!);
    let [total, first, second, actual] = [0, 0, 0, 0];
    for (let index = start; index < start + classes; index++) {
      // Relative to the highest, which changes none of the sums.
      const logit = logits[index]! - most;
      const share = Math.exp(inverse * logit);
      total += share;
      first += share * logit;
      second += share * logit * logit;
      actual += labels[index]! * logit;
    }
    const mean = first / total;
    sums.loss += Math.log(total) - inverse * actual;
    sums.slope += mean - actual;
    sums.curvature += second / total - mean * mean;
  }
}

/** Adds what classes that hold or not, each on its own, come to. */
function addOfSigmoids(sums: Likelihood, { logits, labels }: HeldOutLogits, inverse: number): void {
  logits.forEach((logit, index) => {
    const scaled = inverse * logit;
    const share = 1 / (1 + Math.exp(-scaled));
    sums.loss += Math.max(scaled, 0) + Math.log1p(Math.exp(-Math.abs(scaled))) - scaled * labels[index]!;
    sums.slope += (share - labels[index]!) * logit;
    sums.curvature += share * (1 - share) * logit * logit;
  });
}
