import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { rankScores } from '../../src/metrics/rank-scores';

/** Scores on a coarse grid, so that many are equal, each with whether its example is of the class. */
const ranked = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean()), { minLength: 2, maxLength: 40 })
  .filter((pairs) => new Set(pairs.map(([, isPositive]) => isPositive)).size === 2);

const rank = (pairs: readonly (readonly [number, boolean])[]) =>
  rankScores(
    Float32Array.from(pairs, ([score]) => score / 8),
    (example) => pairs[example]![1],
  );

describe('rankScores', () => {
  it('counts the pairs that are in order, equal ones half', () => {
    fc.assert(
      fc.property(ranked, (pairs) => {
        const positives = pairs.filter(([, isPositive]) => isPositive);
        const negatives = pairs.filter(([, isPositive]) => !isPositive);
        const inOrder = positives.flatMap(([score]) =>
          negatives.map(([other]) => (score > other ? 1 : score === other ? 0.5 : 0)),
        );
        const share = inOrder.reduce<number>((sum, pair) => sum + pair, 0) / inOrder.length;
        expect(rank(pairs).rocAuc).toBeCloseTo(share, 12);
      }),
    );
  });

  it('does not depend on the order of the examples', () => {
    fc.assert(
      fc.property(ranked, (pairs) => {
        const [forwards, backwards] = [rank(pairs), rank([...pairs].reverse())];
        expect(backwards.rocAuc).toBe(forwards.rocAuc);
        expect(backwards.averagePrecision).toBeCloseTo(forwards.averagePrecision, 12);
      }),
    );
  });

  it('tells scores apart that differ by one bit, and takes -0 for 0', () => {
    const next = new Float32Array(new Uint32Array([0x3f000001]).buffer)[0]!;
    expect(rank([[8 * 0.5, false], [8 * next, true]]).rocAuc).toBe(1); // prettier-ignore
    expect(rank([[-0, true], [0, false]]).rocAuc).toBe(0.5); // prettier-ignore
  });

  it('is not a number where there is nothing to rank', () => {
    expect(rank([[1, true]])).toEqual({ rocAuc: Number.NaN, averagePrecision: 1 });
    expect(rank([[1, false]])).toEqual({ rocAuc: Number.NaN, averagePrecision: Number.NaN });
    expect(rank([[Number.NaN, true], [1, false]]).averagePrecision).toBeNaN(); // prettier-ignore
  });
});
