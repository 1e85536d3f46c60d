import { describe, expect, it } from 'vitest';

import { averageProbabilities, type AverageOptions } from '../src';

const ANSWERS = [
  [0.9, 0.1, 0, 0.2, 0.3, 0.5],
  [0.5, 0.1, 0.4, 0.2, 0.3, 0.5],
].map((values) => Float32Array.from(values));

function rounded(values: Float32Array): number[] {
  return Array.from(values, (value) => Number(value.toFixed(5)));
}

describe('the answer of several networks together', () => {
  it('is the mean of their probabilities', () => {
    expect(rounded(averageProbabilities('softmax', ANSWERS, 3))).toEqual([0.7, 0.1, 0.2, 0.2, 0.3, 0.5]);
  });

  it('counts each as often as its weight says', () => {
    const mean = averageProbabilities('softmax', ANSWERS, 3, { weights: [3, 1] });
    expect(rounded(mean)).toEqual([0.8, 0.1, 0.1, 0.2, 0.3, 0.5]);
  });

  it('is the softmax of the mean of their logits, where one alone rules a class out', () => {
    // sqrt(0.9 * 0.5) and sqrt(0.1 * 0.1), divided by their sum.
    const mean = averageProbabilities('softmax', ANSWERS, 3, { average: 'logits' });
    expect(rounded(mean)).toEqual([0.87027, 0.12973, 0, 0.2, 0.3, 0.5]);
  });

  it('is the sigmoid of the mean of log odds, one class at a time, of a multi-label head', () => {
    const answers = [Float32Array.of(0.9, 0.5), Float32Array.of(0.5, 1)];
    const mean = averageProbabilities('multiLabel', answers, 2, { average: 'logits' });
    // Odds of 9 and 1: their geometric mean is 3.
    expect(mean[0]).toBeCloseTo(0.75, 6);
    expect(mean[1]).toBeGreaterThan(0.999);
    expect(mean[1]).toBeLessThanOrEqual(1);
  });

  it.each<[string, Float32Array[], AverageOptions]>([
    ['the answers of at least one network for `answers`', [], {}],
    ['2 weights, one per network for `options.weights`', ANSWERS, { weights: [1] }],
    ['a finite number above 0 for `options.weights[1]`', ANSWERS, { weights: [1, 0] }],
    ['lists of 6 numbers for `answers`', [ANSWERS[0]!, new Float32Array(3)], {}],
  ])('refuses other numbers: %s', (message, answers, options) => {
    expect(() => averageProbabilities('softmax', answers, 3, options)).toThrow(message);
  });
});
