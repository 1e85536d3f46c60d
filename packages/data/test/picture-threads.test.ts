import { createRandom, disposeBatch } from '@zoo/core';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  colorJitter,
  mixUp,
  randomErasing,
  randomHorizontalFlip,
  randomResizedCrop,
  type CorruptImage,
} from '../src/index';
import {
  imageBatches,
  kerasImageBatches,
  readImageFolder,
  type ImageFolder,
  type NodeImageBatchesOptions,
  type NodeKerasImageBatchesOptions,
} from '../src/node';

import { folderOf, png, slopes } from './support/pictures';

let files: Record<string, Uint8Array>;

/** Eleven pictures, two of them PNG files, and a JPEG with a damaged middle that its structure does not show. */
beforeAll(async () => {
  const encoded = Array.from({ length: 12 }, async (_, index): Promise<[string, Uint8Array]> => {
    const picture = slopes(40 + index, 50 - index);
    if (index < 2) return [`${index % 2}/${index}.png`, png(picture)];
    const { pixels, height, width } = picture;
    const file = await sharp(pixels, { raw: { height, width, channels: 3 } })
      .jpeg()
      .toBuffer();
    if (index === 7) file.fill(0xff, file.length - 60, file.length - 2);
    return [`${index % 2}/${index}.jpg`, file];
  });
  files = Object.fromEntries(await Promise.all(encoded));
});

const AUGMENT = [randomResizedCrop(), randomHorizontalFlip(), colorJitter({ contrast: 0.3, hue: 0.2 })];

/** Without libvips' own words, which it keeps for all threads at once: they may be those of another picture's warning, or general ones. */
function withoutReasons(corrupt: readonly CorruptImage[]): CorruptImage[] {
  return corrupt.map(({ path, problem }) => ({ path, problem: problem.replace(/ \([^)]*\)/, '') }));
}

async function epochOf(folder: ImageFolder, options: Partial<NodeImageBatchesOptions>) {
  const source = await imageBatches(folder, {
    ...{ imageSize: 20, batchSize: 4, seed: 1, augment: AUGMENT, onCorrupt: 'skip' },
    ...options,
  });
  const kept = [];
  for await (const batch of source.batches({ epoch: 1 })) kept.push(batch);
  const batches = kept.map(({ images, labels, sources }) => ({
    ...{ images: images.arraySync(), labels: labels.arraySync(), sources },
  }));
  kept.forEach(disposeBatch);
  return { batches, corrupt: withoutReasons(source.corrupt) };
}

describe('imageBatches with workers', () => {
  it.each<Partial<NodeImageBatchesOptions>>([
    {},
    { augmentFrom: 'source', prefetch: 0 },
    { prefetch: 5, concurrency: 1, augment: [...AUGMENT, randomErasing()] },
    { cache: 'memory', augmentBatch: [mixUp()], colorMode: 'grayscale' },
  ])('yields the batches of the main thread with %j', async (options) => {
    const folder = await readImageFolder(await folderOf(files));
    const expected = await epochOf(folder, { ...options, prefetch: 2 });
    expect(expected.corrupt).toHaveLength(1);
    expect(await epochOf(folder, { ...options, workers: 2 })).toEqual(expected);
  });

  it('yields the batches of the main thread where files are of very different sizes', async () => {
    const random = createRandom(1);
    const encoded = [8, 300, 8, 500, 300, 8, 500].map(async (side, index): Promise<[string, Uint8Array]> => {
      const pixels = Uint8Array.from({ length: side * side * 3 }, () => random.integer(0, 255));
      const file = sharp(pixels, { raw: { height: side, width: side, channels: 3 } });
      return [`${index % 2}/${index}.jpg`, await file.jpeg({ quality: 95 }).toBuffer()];
    });
    const folder = await readImageFolder(await folderOf(Object.fromEntries(await Promise.all(encoded))));
    const options = { augment: [], shuffle: false, concurrency: 2 };
    const expected = await epochOf(folder, options);
    for (let time = 0; time < 3; time++)
      expect(await epochOf(folder, { ...options, workers: 1 })).toEqual(expected);
  });

  it('ends with the error of a damaged picture, and with an aborted signal', async () => {
    const folder = await readImageFolder(await folderOf(files));
    await expect(epochOf(folder, { workers: 2, onCorrupt: 'error' })).rejects.toThrow(/7\.jpg/);
    const source = await imageBatches(folder, { imageSize: 20, workers: 2 });
    const stop = new AbortController();
    const batches = source.batches({ epoch: 0, signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(batches[Symbol.asyncIterator]().next()).rejects.toThrow('enough');
  });

  it('refuses a number of workers that makes no sense', async () => {
    const folder = await readImageFolder(await folderOf(files));
    await expect(epochOf(folder, { workers: -1 })).rejects.toThrow(/workers/);
  });
});

describe('kerasImageBatches with workers', () => {
  it.each<NodeKerasImageBatchesOptions>([
    {},
    { interpolation: 'antialias', rotationRange: 30, horizontalFlip: true },
    { interpolation: 'bilinear', keepAspectRatio: true, samplewiseCenter: true },
  ])('yields the batches of the main thread with %j', async (options) => {
    const folder = await readImageFolder(await folderOf(files));
    const epoch = async (workers: number) => {
      const source = await kerasImageBatches(folder, {
        ...{ targetSize: 20, batchSize: 4, seed: 1, onCorrupt: 'skip', workers },
        ...options,
      });
      const kept = [];
      for await (const { images, labels, sources } of source.batches({ epoch: 1 })) {
        kept.push({ images: images.arraySync(), labels: labels.arraySync(), sources });
        disposeBatch({ images, labels, sources });
      }
      return { kept, corrupt: withoutReasons(source.corrupt) };
    };
    const expected = await epoch(0);
    expect(expected.corrupt).toHaveLength(1);
    expect(await epoch(2)).toEqual(expected);
  });
});
