import { describe, expect, it } from 'vitest';

import { describeWork } from '../../src/distributed/describe-work';

const work = (...seconds: number[]) =>
  seconds.map((each, rank) => ({ rank, host: `node${rank}`, workMs: 1000 * each }));

describe('describeWork', () => {
  it('gives the range where the ranks are alike', () => {
    expect(describeWork(work(10, 11, 10.5, 11.9))).toBe('ranks: 10.0 to 11.9 s of work');
  });

  it('names those that the others wait for, the slowest first', () => {
    expect(describeWork(work(10, 13, 20, 10, 10))).toBe(
      'ranks: 10.0 to 20.0 s of work; rank 2 on node2 took 2.00 times the median; rank 1 on node1 took 1.30 times the median',
    );
  });
});
