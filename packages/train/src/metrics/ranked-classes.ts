/** Index of the highest value in `values[start .. start + length)`, counted from `start`; the first of equals. */
export function indexOfMaximum(values: Float32Array, start: number, length: number): number {
  let best = 0;
  for (let index = 1; index < length; index++) {
    if (values[start + index]! > values[start + best]!) best = index;
  }
  return best;
}

/** True if fewer than `k` of the `length` values from `start` on are higher than the one at `index`; a value that is no number never counts. */
export function isInTop(
  values: Float32Array,
  start: number,
  length: number,
  index: number,
  k: number,
): boolean {
  const value = values[start + index]!;
  if (Number.isNaN(value)) return false;
  let higher = 0;
  for (let other = 0; other < length; other++) {
    if (values[start + other]! > value) higher += 1;
  }
  return higher < k;
}
