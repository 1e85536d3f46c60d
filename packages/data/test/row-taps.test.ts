import { describe, expect, it } from 'vitest';

import { TAPS_METHODS, tapsOf } from '../src/image/resample-taps';
import { rowTaps } from '../src/image/row-taps';

describe('rowTaps', () => {
  it.each(TAPS_METHODS)('of %s have its weights in parts of 16 bits, and zeros to whole fours', (method) => {
    for (const [input, output] of [
      [224, 64],
      [5, 90],
      [90, 1],
    ] as const) {
      const taps = tapsOf(method, input, output);
      const rows = rowTaps(taps);
      taps.counts.forEach((count, index) => {
        const parts = rows.weights.subarray(index * rows.size * 8, (index + 1) * rows.size * 8);
        const weights = Array.from({ length: rows.size * 4 }, (_, k) => {
          const place = (k >> 1) * 4 + (k & 1);
          return parts[place + 2]! * 2 ** 14 + parts[place]!;
        });
        const expected = [...taps.weights.subarray(index * taps.size, index * taps.size + count)];
        expect(weights).toEqual([...expected, ...Array<number>(weights.length - count).fill(0)]);
        expect(rows.counts[index]).toBe(Math.ceil(count / 4));
      });
      expect(rows.first).toEqual(taps.first);
    }
  });
});
