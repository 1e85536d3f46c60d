import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { logarithmicAxis } from '../../src/report/axis';

describe('logarithmicAxis', () => {
  it('holds its data between its ends, with at least two marks that rise', () => {
    const power = fc.double({ min: -9, max: 9, noNaN: true });
    fc.assert(
      fc.property(power, fc.double({ min: 2, max: 12, noNaN: true }), (from, decades) => {
        const [least, greatest] = [10 ** from, 10 ** (from + decades)];
        const { ticks, at } = logarithmicAxis([least, greatest], [200, 10]);
        expect(at(least)).toBeLessThanOrEqual(200.001);
        expect(at(greatest)).toBeGreaterThanOrEqual(9.999);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(12);
        const places = ticks.map(at);
        places.forEach((place, index) => {
          expect(place).toBeLessThanOrEqual(200.001);
          expect(place).toBeGreaterThanOrEqual(9.999);
          if (index > 0) expect(place).toBeLessThan(places[index - 1]!);
        });
      }),
    );
  });

  it('gives each decade the same room', () => {
    const { at } = logarithmicAxis([0.01, 10], [0, 300]);
    expect([0.01, 0.1, 1, 10].map(at)).toEqual(
      [0, 100, 200, 300].map((place) => expect.closeTo(place, 9) as number),
    );
  });
});
