import { describe, expect, it } from 'vitest';

import { layOutGradients } from '../../src/distributed/gradient-layout';

describe('layOutGradients', () => {
  it('begins with the last parameter and closes a bucket when it is full', () => {
    expect(layOutGradients([3, 2, 4, 1], 16)).toEqual({
      offsets: [7, 5, 1, 0],
      length: 10,
      buckets: [
        { start: 0, end: 5, parameters: [3, 2] },
        { start: 5, end: 10, parameters: [1, 0] },
      ],
    });
  });

  it('leaves a large parameter by itself, and those around it together', () => {
    expect(layOutGradients([1, 2, 8, 3, 9, 1], 100, 8)).toEqual({
      offsets: [23, 21, 9, 18, 0, 17],
      length: 24,
      buckets: [
        { start: 0, end: 9, parameters: [4] },
        { start: 9, end: 17, parameters: [2] },
        { start: 17, end: 24, parameters: [5, 3, 1, 0] },
      ],
    });
  });

  it('puts all that is left into the last bucket', () => {
    expect(layOutGradients([1, 4], 16).buckets).toEqual([
      { start: 0, end: 4, parameters: [1] },
      { start: 4, end: 5, parameters: [0] },
    ]);
  });
});
