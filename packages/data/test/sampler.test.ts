import { disposeBatch } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import { imageBatches, memoryImageSet, type ImageBatchesOptions } from '../src/index';

import { noise } from './support/pictures';

/** Ninety pictures of the first class, ten of the second. */
const SET = memoryImageSet(
  ['common', 'rare'],
  Array.from({ length: 100 }, (_, index) => ({
    path: `${index}`,
    label: index < 90 ? 0 : 1,
    image: noise(2, 2, index),
  })),
);

async function drawn(options: Partial<ImageBatchesOptions>, epoch = 0): Promise<string[]> {
  const source = await imageBatches(SET, { imageSize: 2, seed: 4, ...options });
  const paths: string[] = [];
  for await (const batch of source.batches({ epoch })) {
    paths.push(...batch.sources);
    disposeBatch(batch);
  }
  return paths;
}

const shareOfRare = (paths: string[]) => paths.filter((path) => Number(path) >= 90).length / paths.length;

describe('sampler', () => {
  it('draws each class as often where it is balanced', async () => {
    const epochs = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((epoch) => drawn({ sampler: 'balanced' }, epoch)),
    );
    // Three standard deviations of 600 draws.
    expect(Math.abs(shareOfRare(epochs.flat()) - 0.5)).toBeLessThan(0.062);
    expect(epochs.every((paths) => paths.length === 100)).toBe(true);
    expect(epochs[0]).not.toEqual(epochs[1]);
  });

  it('draws the same for one seed and epoch, whatever the batch size', async () => {
    const expected = await drawn({ sampler: 'balanced' });
    expect(await drawn({ sampler: 'balanced', batchSize: 7 })).toEqual(expected);
    expect(await drawn({ sampler: 'balanced', seed: 5 })).not.toEqual(expected);
  });

  it('draws no example of weight 0, and those of others in proportion', async () => {
    const sampler = ({ path }: { path: string }) => (path === '3' ? 3 : path === '95' ? 1 : 0);
    const paths = await drawn({ sampler });
    expect(new Set(paths)).toEqual(new Set(['3', '95']));
    // Three standard deviations of 100 draws.
    expect(Math.abs(shareOfRare(paths) - 0.25)).toBeLessThan(0.13);
  });

  it('tells a resumed run which weights it had', async () => {
    const settings = async (options: Partial<ImageBatchesOptions>) =>
      (await imageBatches(SET, { imageSize: 2, ...options })).settings;
    expect(await settings({})).not.toHaveProperty('sampler');
    expect(await settings({ sampler: 'balanced' })).not.toEqual(await settings({ sampler: () => 1 }));
  });

  it.each<[string, Partial<ImageBatchesOptions>, RegExp]>([
    ['another name', { sampler: 'even' as 'balanced' }, /'balanced' or a function/],
    ['a weight below 0', { sampler: () => -1 }, /weights of at least 0/],
    ['weights of 0 alone', { sampler: () => 0 }, /at least one weight above 0/],
    ['the order of the set', { sampler: 'balanced', shuffle: false }, /no sampler together with shuffle/],
  ])('refuses %s', async (_, options, message) => {
    await expect(drawn(options)).rejects.toThrow(message);
  });
});
