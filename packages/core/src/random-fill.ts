import { memoize } from './memoize';
import type { Random } from './random';

/** The standard deviation of a standard normal distribution cut at two standard deviations; Keras divides by it too. */
export const TRUNCATED_NORMAL_DEVIATION = 0.87962566103423978;

const CELLS = 8192;
const FRACTION_BITS = 19;
const CUT = 2;

/** Fills `values` from the uniform distribution over [-limit, limit). */
export function fillUniform(values: Float32Array, limit: number, random: Random): void {
  const step = (2 * limit) / 2 ** 32;
  for (let i = 0; i < values.length; i++) values[i] = random.bits() * step - limit;
}

/**
 * Fills `values` from a normal distribution with mean 0, cut at two (uncut) standard deviations and widened, so that
 * `standardDeviation` is what the values have.
 *
 * By the inverse of the distribution function, tabulated: one random word a value, which draws ResNet-152's sixty million
 * weights in well under a second; a rejection method takes several.
 */
export function fillTruncatedNormal(values: Float32Array, standardDeviation: number, random: Random): void {
  const table = quantiles();
  const scale = standardDeviation / TRUNCATED_NORMAL_DEVIATION;
  const fractionMask = (1 << FRACTION_BITS) - 1;
  for (let i = 0; i < values.length; i++) {
    const bits = random.bits();
    const cell = bits >>> FRACTION_BITS;
    const low = table[cell]!;
    const fraction = (bits & fractionMask) / (1 << FRACTION_BITS);
    values[i] = (low + (table[cell + 1]! - low) * fraction) * scale;
  }
}

/** The cut standard normal's quantiles at 0, 1 / CELLS, ..., 1, from its integrated density. */
const quantiles = /* @__PURE__ */ memoize((): Float64Array => {
  const steps = 1 << 16;
  const width = (2 * CUT) / steps;
  const density = (z: number): number => Math.exp((-z * z) / 2);
  const cumulative = new Float64Array(steps + 1);
  for (let i = 0; i < steps; i++) {
    const left = -CUT + i * width;
    const area = ((density(left) + 4 * density(left + width / 2) + density(left + width)) * width) / 6;
    cumulative[i + 1] = cumulative[i]! + area;
  }
  const total = cumulative[steps]!;
  const table = new Float64Array(CELLS + 1);
  for (let cell = 0, i = 0; cell <= CELLS; cell++) {
    const target = (cell / CELLS) * total;
    while (i < steps - 1 && cumulative[i + 1]! < target) i++;
    table[cell] = -CUT + (i + (target - cumulative[i]!) / (cumulative[i + 1]! - cumulative[i]!)) * width;
  }
  return table;
});
