import { describe, expect, it } from 'vitest';

import { createReadingPace, type ReadingPace } from '../src/node/read-regular-file';

const QUICK = 0.01;
const SLOW = 5;

/** Files that go through the pool before one is read at once again. */
function pooledFiles(pace: ReadingPace): number {
  let count = 0;
  while (!pace.isQuick()) count++;
  return count;
}

function took(pace: ReadingPace, ...milliseconds: readonly number[]): number {
  for (const duration of milliseconds) pace.took(duration);
  return pooledFiles(pace);
}

describe('the pace of reading', () => {
  it('begins at once', () => {
    expect(pooledFiles(createReadingPace())).toBe(0);
  });

  it('stays at once after one slow call, and after slow calls far from each other', () => {
    const pace = createReadingPace();
    const farApart = [SLOW, ...Array<number>(8).fill(QUICK)];
    expect(took(pace, ...farApart, ...farApart, ...farApart)).toBe(0);
  });

  it('goes through the pool after two slow calls close to each other', () => {
    expect(took(createReadingPace(), SLOW, QUICK, SLOW)).toBe(64);
  });

  it('tries one file at once, and waits twice as long each time it is slow', () => {
    const pace = createReadingPace();
    const waits = [took(pace, SLOW, SLOW), ...Array.from({ length: 8 }, () => took(pace, SLOW))];
    expect(waits).toEqual([64, 128, 256, 512, 1024, 2048, 4096, 4096, 4096]);
  });

  it('begins anew when calls have been quick again', () => {
    const pace = createReadingPace();
    took(pace, SLOW, SLOW);
    took(pace, SLOW);
    expect(took(pace, ...Array<number>(8).fill(QUICK))).toBe(0);
    expect(took(pace, SLOW, SLOW)).toBe(64);
  });
});
