/** Bins on each side of zero. */
const HALF = 2048;

/**
 * How often the values of an activation lie where, gathered batch by batch: bins of equal width around zero. What lies beyond them makes all
 * bins twice as wide, as often as it takes, so that one pass over the batches suffices.
 */
export class ActivationHistogram {
  minimum = Infinity;
  maximum = -Infinity;
  /** Counts of [-HALF * binWidth, HALF * binWidth). */
  private bins = new Float64Array(2 * HALF);
  private binWidth = 0;

  /** Adds values. False, with nothing added, if one of them is no finite number. */
  add(values: Float32Array | Int32Array | Uint8Array): boolean {
    let [minimum, maximum] = [Infinity, -Infinity];
    // By index: several times faster than an iterator, over millions of numbers.

    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (!(Math.abs(value) < Infinity)) return false;
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
    }
    this.minimum = Math.min(this.minimum, minimum);
    this.maximum = Math.max(this.maximum, maximum);
    this.makeRoom(Math.max(Math.abs(minimum), Math.abs(maximum)));
    const { bins, binWidth } = this;
    if (binWidth === 0) {
      bins[HALF]! += values.length;
      return true;
    }

    for (let i = 0; i < values.length; i++) bins[HALF + Math.floor(values[i]! / binWidth)]!++;
    return true;
  }

  /** Every bin that holds something: its middle and its count, the lowest first. */
  entries(): { middle: number; count: number }[] {
    return Array.from(this.bins, (count, i) => ({ middle: (i - HALF + 0.5) * this.binWidth, count })).filter(
      ({ count }) => count > 0,
    );
  }

  /** Makes bins that reach up to `magnitude`. */
  private makeRoom(magnitude: number): void {
    if (!(magnitude > 0)) return;
    if (this.binWidth === 0) {
      // Every value so far was zero. A little more room, because the next batch is about as large.
      this.binWidth = (1.05 * magnitude) / HALF;
      return;
    }
    while (magnitude >= HALF * this.binWidth) this.merge();
  }

  /** Puts every two bins, counted from zero, into one. */
  private merge(): void {
    const merged = new Float64Array(2 * HALF);
    for (const [i, count] of this.bins.entries()) merged[HALF + Math.floor((i - HALF) / 2)]! += count;
    this.bins = merged;
    this.binWidth *= 2;
  }
}
