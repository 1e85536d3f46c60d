import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { nearestTo, neighborVotes } from '../src';

const vector = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 });

describe('nearestTo', () => {
  it('keeps what sorting all by their cosine keeps', () => {
    fc.assert(
      fc.property(
        vector,
        fc.array(vector, { maxLength: 30 }),
        fc.integer({ min: 1, max: 8 }),
        (asked, all, count) => {
          const nearest = nearestTo<number>(Float32Array.from(asked), { count });
          all.forEach((each, index) => nearest.show(index, Float32Array.from(each)));
          const cosine = (each: number[]) => each.reduce((sum, value, at) => sum + value * asked[at]!, 0);
          const sorted = all
            .map((each, item) => ({ item, similarity: cosine(each) }))
            .sort((left, right) => right.similarity - left.similarity);
          expect(nearest.neighbors).toEqual(sorted.slice(0, count));
        },
      ),
    );
  });

  it('refuses features of another network', () => {
    expect(() => nearestTo(new Float32Array(3)).show('x', new Float32Array(4))).toThrow(/Expected 3 numbers/);
  });
});

describe('neighborVotes', () => {
  it('weighs a vote by exp(similarity / 0.07)', () => {
    const votes = neighborVotes([
      { className: 'dog', similarity: 0.9 },
      { className: 'cat', similarity: 0.83 },
      { className: 'cat', similarity: 0.83 },
    ]);
    const [dog, cat] = [Math.E, 2];
    expect(votes.map(({ className }) => className)).toEqual(['dog', 'cat']);
    expect(votes[0]!.probability).toBeCloseTo(dog / (dog + cat), 10);
    expect(votes[1]!.probability).toBeCloseTo(cat / (dog + cat), 10);
  });

  it('of nobody are none', () => {
    expect(neighborVotes([])).toEqual([]);
  });
});
