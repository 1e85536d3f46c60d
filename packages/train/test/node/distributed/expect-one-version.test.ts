import { describe, expect, it } from 'vitest';

import { expectOneVersion } from '../../../src/node/distributed/expect-one-version';

/** Ranks of which all but this one are what `others` says. */
const among = (others: readonly (string | undefined)[]) => ({
  host: 'first',
  gatherValues: <Value>(value: Value): Promise<Value[]> =>
    Promise.resolve([value, ...(others.map((version) => ({ host: 'second', version })) as Value[])]),
});

describe('expectOneVersion', () => {
  it('is content with ranks that run this version', async () => {
    const own: { version: string | undefined }[] = [];
    const ranks = among([]);
    await expectOneVersion({
      ...ranks,
      gatherValues: async (value) => {
        own.push(value as (typeof own)[number]);
        return ranks.gatherValues(value);
      },
    });
    expect(own).toEqual([
      { host: 'first', version: expect.stringMatching(/^@zoo\/train \d+\.\d+\.\d+/) as unknown },
    ]);
    await expect(expectOneVersion(among(['zoo 1', 'zoo 1']), 'zoo 1')).resolves.toBeUndefined();
  });

  it.each([
    { other: 'zoo 2', words: 'zoo 1 on rank 0 (first) and zoo 2 on rank 2 (second)' },
    { other: undefined, words: 'zoo 1 on rank 0 (first) and an unknown version on rank 2 (second)' },
  ])('names the first rank that runs $other', async ({ other, words }) => {
    await expect(expectOneVersion(among(['zoo 1', other]), 'zoo 1')).rejects.toThrow(
      `Expected one version on all ranks but received ${words}. Install the same one on all machines.`,
    );
  });
});
