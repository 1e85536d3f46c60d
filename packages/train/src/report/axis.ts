/** An axis from a data range to a range of pixels, with round numbers to mark. */
export interface Axis {
  readonly ticks: readonly number[];
  /** Pixel of a value. */
  readonly at: (value: number) => number;
}

/**
 * A linear axis over `[minimum, maximum]`, widened to round numbers.
 *
 * @param pixels Where the axis begins and ends; the end may be the smaller number.
 * @param tickCount About how many marks to make.
 */
export function linearAxis(
  [minimum, maximum]: readonly [number, number],
  pixels: readonly [number, number],
  tickCount: number,
): Axis {
  const span = maximum > minimum ? maximum - minimum : Math.abs(maximum) || 1;
  const step = roundStep(span / tickCount);
  const first = Math.floor(minimum / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(maximum / step - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  return { ticks, at: scale([first * step, last * step], pixels) };
}

/**
 * A logarithmic axis over `[minimum, maximum]`, both above 0, widened to round numbers; marked at powers of ten, and within a few of them at
 * 2 and 5, too.
 */
export function logarithmicAxis(
  [minimum, maximum]: readonly [number, number],
  pixels: readonly [number, number],
): Axis {
  // The inverses of 1, 2 and 5 are such numbers, too.
  const [from, to] = [1 / roundStep(1 / minimum), roundStep(maximum)];
  const [first, last] = [Math.floor(Math.log10(from) + 1e-9), Math.ceil(Math.log10(to) - 1e-9)];
  const stride = Math.ceil((last - first) / 6);
  const mantissas = last - first > 3 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = first; power <= last; power += stride) {
    for (const mantissa of mantissas) {
      const tick = mantissa * 10 ** power;
      if (tick >= from * (1 - 1e-9) && tick <= to * (1 + 1e-9)) ticks.push(tick);
    }
  }
  const at = scale([Math.log10(from), Math.log10(to)], pixels);
  return { ticks, at: (value) => at(Math.log10(value)) };
}

/** An axis of whole numbers that ends exactly at both ends: epochs. */
export function integerAxis(
  [minimum, maximum]: readonly [number, number],
  pixels: readonly [number, number],
  tickCount: number,
): Axis {
  const step = Math.max(1, roundStep((maximum - minimum) / tickCount));
  const ticks: number[] = [];
  for (let tick = Math.ceil(minimum / step) * step; tick <= maximum; tick += step) ticks.push(tick);
  if (ticks[0] !== minimum) ticks.unshift(minimum);
  return { ticks, at: scale([minimum, maximum === minimum ? minimum + 1 : maximum], pixels) };
}

function scale([from, to]: readonly [number, number], [start, end]: readonly [number, number]) {
  return (value: number): number => start + ((value - from) / (to - from)) * (end - start);
}

/** The next of 1, 2, 5, 10, 20, 50, ... that is not below `size`. */
function roundStep(size: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(size));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * magnitude >= size * (1 - 1e-9)) ?? 10;
  return factor * magnitude;
}
