import { mkdirSync, writeFileSync } from 'node:fs';

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { disposeBatch } from '@zoo/core';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { randomHorizontalFlip } from '../src/index';
import { imageBatches, readImageFolder, type ImageFolder } from '../src/node';
import { noise } from '../test/support/pictures';

/** As many as CIFAR-10 has, in its ten classes. */
const PICTURES = 60_000;
const CLASSES = 10;
const BATCH_SIZE = 100;
/** All pictures as values would take 700 MB, as bytes 176 MB, beside what collection of garbage leaves for later. */
const LARGEST_GROWTH_BYTES = 128 * 1024 * 1024;

const place = temporaryDirectory('suite');
const residentBytes = (): number => process.memoryUsage.rss();

beforeAll(async () => {
  const files = await Promise.all(
    Array.from({ length: 100 }, (_, index) => {
      const { pixels, height, width } = noise(32, 32, index);
      return sharp(pixels, { raw: { height, width, channels: 3 } })
        .jpeg()
        .toBuffer();
    }),
  );
  for (let label = 0; label < CLASSES; label++) mkdirSync(place(`class ${label}`), { recursive: true });
  for (let index = 0; index < PICTURES; index++) {
    const name = place(`class ${index % CLASSES}`, `${Math.floor(index / CLASSES)}.jpg`);
    writeFileSync(name, files[index % files.length]!);
  }
}, 600_000);

describe('60,000 small files, one folder per class', () => {
  let folder: ImageFolder;

  it('are listed in little memory', async () => {
    const before = residentBytes();
    folder = await readImageFolder(place());
    expect(folder.examples).toHaveLength(PICTURES);
    expect(folder.classNames).toHaveLength(CLASSES);
    expect(residentBytes() - before).toBeLessThan(LARGEST_GROWTH_BYTES);
  });

  it.each([0, 2])('are read in an epoch without a step in memory, by %i workers', async (workers) => {
    await tf.setBackend('cpu');
    const source = await imageBatches(folder, {
      imageSize: 32,
      batchSize: BATCH_SIZE,
      augment: [randomHorizontalFlip()],
      workers,
    });
    const counts = new Array<number>(CLASSES).fill(0);
    const resident: number[] = [];
    for await (const batch of source.batches({ epoch: 0 })) {
      const sums = tf.tidy(() => tf.sum(batch.labels, 0).dataSync());
      counts.forEach((_, label) => (counts[label]! += sums[label]!));
      disposeBatch(batch);
      resident.push(residentBytes());
    }
    expect(counts).toEqual(counts.map(() => PICTURES / CLASSES));
    // The first fifth fills the pools; after that nothing is kept of a picture.
    const filled = Math.max(...resident.slice(0, resident.length / 5));
    expect(Math.max(...resident) - filled).toBeLessThan(LARGEST_GROWTH_BYTES);
    expect(tf.memory().numTensors).toBe(0);
  });
});
