import { disposeBatch, ZooError, type BatchSource } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import {
  imageBatches,
  kerasImageBatches,
  mixUp,
  randomHorizontalFlip,
  type MemoryExample,
  type ReadableImageSet,
} from '../src/index';

import { noise } from './support/pictures';

const COUNT = 11;

function countingSet(): ReadableImageSet<MemoryExample> & { reads: Map<string, number> } {
  const reads = new Map<string, number>();
  return {
    reads,
    classNames: ['even', 'odd'],
    examples: Array.from({ length: COUNT }, (_, index) => ({
      path: `${index}`,
      label: index % 2,
      image: noise(6, 6, index),
    })),
    readImage: ({ path, image }) => {
      reads.set(path, (reads.get(path) ?? 0) + 1);
      return Promise.resolve(image);
    },
  };
}

async function batchesOf(
  source: BatchSource,
): Promise<{ images: number[]; labels: number[]; sources: string[] }[]> {
  const batches = [];
  for await (const batch of source.batches({ epoch: 1 })) {
    batches.push({
      images: [...batch.images.dataSync()],
      labels: [...batch.labels.dataSync()],
      sources: [...batch.sources],
    });
    disposeBatch(batch);
  }
  return batches;
}

const SOURCES: Record<string, (set: ReadableImageSet<MemoryExample>) => Promise<BatchSource>> = {
  imageBatches: (set) =>
    imageBatches(set, { imageSize: 6, batchSize: 4, seed: 3, augment: [randomHorizontalFlip()] }),
  'imageBatches with mixUp': (set) =>
    imageBatches(set, { imageSize: 6, batchSize: 4, seed: 3, augmentBatch: [mixUp()] }),
  kerasImageBatches: (set) =>
    kerasImageBatches(set, { targetSize: 6, batchSize: 4, seed: 3, rotationRange: 60 }),
};

describe.each(Object.keys(SOURCES))('the parts of batches of %s', (name) => {
  it.each([2, 3, 5])('are the whole batches, in the order of %i ranks, empty ones included', async (size) => {
    const source = await SOURCES[name]!(countingSet());
    const whole = await batchesOf(source);
    const parts: Awaited<ReturnType<typeof batchesOf>>[] = [];
    for (let rank = 0; rank < size; rank++) {
      const part = source.part!(rank, size);
      expect([part.batchesPerEpoch, part.batchSize, part.exampleCount]).toEqual([3, 4, COUNT]);
      parts.push(await batchesOf(part));
    }
    whole.forEach((batch, index) => {
      expect(parts.flatMap((part) => part[index]!.images)).toEqual(batch.images);
      expect(parts.flatMap((part) => part[index]!.labels)).toEqual(batch.labels);
      expect(parts.flatMap((part) => part[index]!.sources)).toEqual(batch.sources);
    });
  });
});

describe('a part of imageBatches', () => {
  it('reads no picture of another part', async () => {
    const set = countingSet();
    const source = await SOURCES['imageBatches']!(set);
    const own = (await batchesOf(source.part!(1, 3))).flatMap(({ sources }) => sources);
    expect(new Map([...set.reads].sort())).toEqual(new Map(own.sort().map((path) => [path, 1])));
  });

  it('may lose all its pictures, as long as the batch has others', async () => {
    const set = countingSet();
    const { readImage } = set;
    set.readImage = (example, signal) => {
      if (example.path === '0') return Promise.reject(new ZooError('invalid-file', 'It is no picture.'));
      return readImage(example, signal);
    };
    const options = { imageSize: 6, batchSize: 2, shuffle: false, onCorrupt: 'skip' } as const;
    const [first] = await batchesOf((await imageBatches(set, options)).part!(0, 2));
    expect(first).toEqual({ images: [], labels: [], sources: [] });
  });

  it('is asked for by a rank below the number of ranks', async () => {
    const source = await SOURCES['imageBatches']!(countingSet());
    expect(() => source.part!(2, 2)).toThrow('for `rank` but received 2');
  });
});
