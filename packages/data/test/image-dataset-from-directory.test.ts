import { readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { disposeBatch, type BatchSource } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { rgbImage } from '../src/index';
import { encodePng, imageDatasetFromDirectory, type ImageDatasetFromDirectoryOptions } from '../src/node';

import { png } from './support/pictures';

interface Batch {
  labels: number[];
  /** Values of the batch's first picture. */
  first: number[];
}

const FIXTURE = JSON.parse(
  readFileSync(new URL('./fixtures/keras-image-dataset.json', import.meta.url), 'utf8'),
) as Record<string, Batch[][][]>;

const FILES = [
  ...['a/0.png', 'a/10.png', 'a/2.png', 'a/z.png', 'a/inner/1.png'],
  ...['b/0.png', 'b/1.png', 'c/0.png', 'c/1.png', 'c/2.png'],
];

const place = temporaryDirectory('suite');
beforeAll(async () => {
  for (const [number, file] of FILES.entries()) {
    await mkdir(dirname(place('set', file)), { recursive: true });
    await writeFile(place('set', file), await encodePng(picture(number)));
  }
  await writeFile(place('set', 'a', 'notes.txt'), 'not a picture');
  await mkdir(place('set', '.hidden'));
});

/** scripts/golden/data_keras_dataset.py, picture. */
function picture(number: number) {
  const image = rgbImage(5, 7);
  for (let i = 0; i < image.pixels.length; i++) {
    const x = Math.floor(i / 3) % 7;
    const y = Math.floor(i / 21);
    image.pixels[i] = (x * 37 + y * 53 + (i % 3) * 71 + number * 29 + x * y * 11) % 256;
  }
  return image;
}

const SPLIT = { batchSize: 2, seed: 5, imageSize: 2, validationSplit: 0.35 };

const CASES: Record<string, ImageDatasetFromDirectoryOptions> = {
  order: { labels: FILES.map((_, index) => index), batchSize: 1, seed: 7, imageSize: [3, 4] },
  inferred: { batchSize: 3, seed: 123, imageSize: [4, 3] },
  larger: { batchSize: 4, shuffle: false, imageSize: [8, 9] },
  nearest: { batchSize: 4, shuffle: false, imageSize: [3, 11], interpolation: 'nearest' },
  cropped: { batchSize: 4, shuffle: false, imageSize: 4, cropToAspectRatio: true },
  padded: { batchSize: 4, shuffle: false, imageSize: [6, 4], padToAspectRatio: true },
  training: { ...SPLIT, subset: 'training' },
  validation: { ...SPLIT, subset: 'validation' },
  both: { ...SPLIT, subset: 'both' },
  'two classes': { classNames: ['c', 'a'], batchSize: 5, seed: 9, imageSize: [2, 3] },
};

async function twoEpochs(source: BatchSource): Promise<Batch[][]> {
  const epochs: Batch[][] = [];
  for (const epoch of [0, 1]) {
    const batches: Batch[] = [];
    for await (const batch of source.batches({ epoch })) {
      const labels = (await batch.labels.array()).map((row) => row.indexOf(1));
      const [first] = await batch.images.array();
      batches.push({ labels, first: first!.flat(2) });
      disposeBatch(batch);
    }
    epochs.push(batches);
  }
  return epochs;
}

describe('imageDatasetFromDirectory', () => {
  it.each(Object.keys(CASES))("yields Keras' batches, bit for bit: %s", async (name) => {
    const options = CASES[name] as ImageDatasetFromDirectoryOptions & { subset?: 'training' };
    const answer = await imageDatasetFromDirectory(place('set'), options);
    const sources = Array.isArray(answer) ? (answer as BatchSource[]) : [answer];
    const epochs = [];
    for (const source of sources) epochs.push(await twoEpochs(source));
    const float32 = FIXTURE[name]!.map((part) =>
      part.map((batches) =>
        batches.map(({ labels, first }) => ({ labels, first: first.map((value) => Math.fround(value)) })),
      ),
    );
    expect(epochs).toEqual(float32);
  });

  it('follows links to folders where it is asked to, and a link to its own parent once', async () => {
    await mkdir(place('linked', 'a'), { recursive: true });
    await symlink(place('set', 'b'), place('linked', 'a', 'other'));
    await symlink(place('linked', 'a'), place('linked', 'a', 'again'));
    await writeFile(place('linked', 'a', '0.png'), await encodePng(picture(0)));
    const count = async (followLinks: boolean) =>
      (await imageDatasetFromDirectory(place('linked'), { followLinks })).exampleCount;
    expect(await count(false)).toBe(1);
    expect(await count(true)).toBe(3);
  });

  it('names a picture that it skips once, however often it is met', async () => {
    const damaged = png(picture(0));
    damaged[60]! ^= 0xff;
    await mkdir(place('damaged', 'a'), { recursive: true });
    await writeFile(place('damaged', 'a', '0.png'), damaged);
    await writeFile(place('damaged', 'a', '1.png'), await encodePng(picture(1)));
    const source = await imageDatasetFromDirectory(place('damaged'), { onCorrupt: 'skip', imageSize: 4 });
    expect(source.corrupt).toEqual([]);
    const epochs = await twoEpochs(source);
    expect(epochs.map((batches) => batches.map(({ labels }) => labels))).toEqual([[[0]], [[0]]]);
    expect(source.corrupt.map(({ path }) => path)).toEqual([place('damaged', 'a', '0.png')]);
  });

  it('says how its pictures are read', async () => {
    const { preprocessing, imageShape } = await imageDatasetFromDirectory(place('set'), { imageSize: 8 });
    expect(imageShape).toEqual([8, 8, 3]);
    expect(preprocessing).toMatchObject({
      resize: 'bilinear',
      aspect: 'stretch',
      normalization: { divisor: 1 },
    });
  });

  it.each<[string, ImageDatasetFromDirectoryOptions & { subset?: 'training' }, string]>([
    ['a part without a share', { subset: 'training' }, 'validationSplit'],
    ['a share without a part', { validationSplit: 0.2 }, 'options.subset'],
    [
      'two ways to keep the proportion',
      { cropToAspectRatio: true, padToAspectRatio: true },
      'padToAspectRatio',
    ],
    ['a folder that is not there', { classNames: ['d'] }, "a folder 'd'"],
    ['labels for fewer files', { labels: [1, 2] }, 'a label for each of the 10 pictures'],
    ['names beside labels', { labels: [1], classNames: ['a'] }, 'options.classNames'],
    ['a share that leaves nothing', { validationSplit: 0.01, subset: 'training' }, 'fraction'],
  ])('refuses %s', async (_, options, part) => {
    await expect(imageDatasetFromDirectory(place('set'), options)).rejects.toThrow(part);
  });

  it('refuses a folder that is not there, and one without pictures', async () => {
    await expect(imageDatasetFromDirectory(place('nowhere'))).rejects.toThrow('a folder that can be read');
    await mkdir(place('empty', 'a'), { recursive: true });
    await expect(imageDatasetFromDirectory(place('empty'))).rejects.toThrow('pictures in its folders');
  });
});
