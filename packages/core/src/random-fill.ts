import { memoize } from './memoize';
import type { Random } from './random';

/** The standard deviation of a standard normal distribution cut at two standard deviations; Keras divides by it too. */
export const TRUNCATED_NORMAL_DEVIATION = 0.87962566103423978;

const CELLS = 8192;
const FRACTION_BITS = 19;
const FRACTION_MASK = (1 << FRACTION_BITS) - 1;

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
  const table = cutQuantiles();
  const scale = standardDeviation / TRUNCATED_NORMAL_DEVIATION;
  for (let i = 0; i < values.length; i++) {
    const bits = random.bits();
    values[i] = between(table, bits >>> FRACTION_BITS, bits) * scale;
  }
}

/**
 * Fills `values` from an uncut normal distribution with mean 0, as PyTorch's `normal_` does.
 *
 * By the same table as {@link fillTruncatedNormal}; the 1 in 4096 that fall into its outermost cells, beyond 3.67 deviations, are drawn
 * from the tail by Marsaglia's method (1964).
 */
export function fillNormal(values: Float32Array, standardDeviation: number, random: Random): void {
  const table = wholeQuantiles();
  for (let i = 0; i < values.length; i++) {
    const bits = random.bits();
    const cell = bits >>> FRACTION_BITS;
    const isTail = cell === 0 || cell === CELLS - 1;
    const value = isTail ? tail(table[CELLS - 1]!, random) : between(table, cell, bits);
    values[i] = (cell === 0 ? -value : value) * standardDeviation;
  }
}

/** The place in the table's cell that the low bits say. */
function between(table: Float64Array, cell: number, bits: number): number {
  const low = table[cell]!;
  return low + ((table[cell + 1]! - low) * (bits & FRACTION_MASK)) / (1 << FRACTION_BITS);
}

/** A number of the standard normal distribution's tail from `start` on. */
function tail(start: number, random: Random): number {
  for (;;) {
    const beyond = -Math.log(1 - random.uniform()) / start;
    if (-2 * Math.log(1 - random.uniform()) >= beyond * beyond) return start + beyond;
  }
}

const cutQuantiles = /* @__PURE__ */ memoize(() => quantiles(2));
// Nine standard deviations are enough: the outermost cells are never read.
const wholeQuantiles = /* @__PURE__ */ memoize(() => quantiles(9));

/** The quantiles of the standard normal distribution cut at `cut`, at 0, 1 / CELLS, ..., 1, from its integrated density. */
function quantiles(cut: number): Float64Array {
  const steps = 1 << 16;
  const width = (2 * cut) / steps;
  const density = (z: number): number => Math.exp((-z * z) / 2);
  const cumulative = new Float64Array(steps + 1);
  for (let i = 0; i < steps; i++) {
    const left = -cut + i * width;
    const area = ((density(left) + 4 * density(left + width / 2) + density(left + width)) * width) / 6;
    cumulative[i + 1] = cumulative[i]! + area;
  }
  const total = cumulative[steps]!;
  const table = new Float64Array(CELLS + 1);
  for (let cell = 0, i = 0; cell <= CELLS; cell++) {
    const target = (cell / CELLS) * total;
    while (i < steps - 1 && cumulative[i + 1]! < target) i++;
    table[cell] = -cut + (i + (target - cumulative[i]!) / (cumulative[i + 1]! - cumulative[i]!)) * width;
  }
  return table;
}
