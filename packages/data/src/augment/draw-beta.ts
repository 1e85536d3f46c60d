import type { Random } from '@zoo/core';

/** A number of the distribution Beta(alpha, alpha): a ratio of two Gamma draws. */
export function drawBeta(random: Random, alpha: number): number {
  const left = drawGamma(random, alpha);
  const right = drawGamma(random, alpha);
  // For a tiny alpha both draws can underflow to 0: the distribution is then a coin.
  return left + right === 0 ? Math.round(random.uniform()) : left / (left + right);
}

/** Marsaglia and Tsang 2000, "A simple method for generating gamma variables"; section 6 for a shape below 1. */
export function drawGamma(random: Random, shape: number): number {
  if (shape < 1) return drawGamma(random, shape + 1) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = random.normal();
    const v = (1 + c * normal) ** 3;
    if (v <= 0) continue;
    const uniform = 1 - random.uniform();
    if (Math.log(uniform) < 0.5 * normal * normal + d - d * v + d * Math.log(v)) return d * v;
  }
}
