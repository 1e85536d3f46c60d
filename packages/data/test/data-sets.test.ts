import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { disposeBatch, parseClassIndex } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import { realData } from '../../../test-support/real-data';
import {
  CIFAR10_CLASSES,
  imageBatches,
  memoryImageSet,
  parseCifar10Batch,
  rgbImage,
  subset,
} from '../src/index';
import { imageBatches as folderBatches, readCifar10, readIdenProf, readImageFile } from '../src/node';

import { folderOf, largestDifference, png, slopes } from './support/pictures';

const RECORD = 3073;

/** A file of CIFAR-10 with these labels; plane c of record r holds the value 10 * r + c but for its first pixel. */
function cifarFile(labels: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(labels.length * RECORD);
  labels.forEach((label, r) => {
    bytes[r * RECORD] = label;
    for (let c = 0; c < 3; c++) {
      bytes.fill(10 * r + c, r * RECORD + 1 + c * 1024, r * RECORD + 1 + (c + 1) * 1024);
      bytes[r * RECORD + 1 + c * 1024] = 200 + c;
    }
  });
  return bytes;
}

describe('memoryImageSet', () => {
  it('refuses a label without a class', () => {
    const example = { path: 'x', label: 2, image: rgbImage(1, 1) };
    expect(() => memoryImageSet(['a', 'b'], [example])).toThrow(/labels from 0 to 1 .* See 'x'/);
  });
});

describe('parseCifar10Batch', () => {
  it('turns planes into pixels', () => {
    const [first, second] = parseCifar10Batch(cifarFile([3, 9]), 'test_batch.bin');
    expect([first!.path, first!.label]).toEqual(['test_batch.bin#0', 3]);
    expect([...first!.image.pixels.subarray(0, 6)]).toEqual([200, 201, 202, 0, 1, 2]);
    expect([...second!.image.pixels.subarray(-3)]).toEqual([10, 11, 12]);
  });

  it('refuses a file cut short and an unknown label', () => {
    expect(() => parseCifar10Batch(cifarFile([1]).subarray(1), 'x.bin')).toThrow(/x\.bin .* 3072 bytes/);
    expect(() => parseCifar10Batch(cifarFile([10]), 'x.bin')).toThrow(/the label 10 at record 0/);
  });
});

describe('readCifar10', () => {
  it('reads all six files and names one that is absent', async () => {
    const names = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
    const files = Object.fromEntries(names.map((name, label) => [name, cifarFile([label, label])]));
    const directory = await folderOf({ ...files, 'test_batch.bin': cifarFile([7]) });
    const { train, test } = await readCifar10(directory);
    expect(train.classNames).toEqual(CIFAR10_CLASSES);
    expect(train.examples.map(({ label }) => label)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    const source = await imageBatches(test, { imageSize: 32, normalization: 'raw' });
    for await (const batch of source.batches({ epoch: 0 })) {
      expect(batch.sources).toEqual(['test_batch.bin#0']);
      expect([...batch.images.dataSync().subarray(0, 3)]).toEqual([200, 201, 202]);
      disposeBatch(batch);
    }
    await expect(readCifar10(await folderOf(files))).rejects.toThrow(/Expected test_batch\.bin in/);
  });
});

describe('readIdenProf', () => {
  it('refuses a class index that names other classes', async () => {
    const picture = png(slopes(2, 2));
    const directory = await folderOf({
      'train/chef/1.png': picture,
      'test/chef/1.png': picture,
      'idenprof_model_class.json': '{"0": "cook"}',
    });
    await expect(readIdenProf(directory)).rejects.toThrow(/found chef and cook/);
  });

  const real = realData('idenprof');
  it.skipIf(real.isAbsent)(`reads the real set${real.note}`, async () => {
    const { train, test } = await readIdenProf(real.path);
    expect(train.classNames).toEqual(
      parseClassIndex(readFileSync(join(real.path, 'idenprof_model_class.json'), 'utf8')),
    );
    expect([train.examples.length, test.examples.length]).toEqual([9000, 400]);
    const few = subset(train, { perClass: 6, seed: 1 });
    const source = await folderBatches(few, { imageSize: 48, normalization: 'torch' });
    let count = 0;
    for await (const batch of source.batches({ epoch: 0 })) {
      count += batch.sources.length;
      // The darkest and the brightest byte by torchvision's means and deviations.
      expect(batch.images.dataSync().every((value) => value > -2.12 && value < 2.65)).toBe(true);
      disposeBatch(batch);
    }
    expect(count).toBe(60);
  });

  const cifar = realData('cifar10');
  it.skipIf(cifar.isAbsent)(`agrees with pictures of CIFAR-10 in another layout${cifar.note}`, async () => {
    // One picture a row, 1,024 pixels in row-major order.
    const sprite = await readImageFile(join(cifar.path, 'test-first-500.png'));
    expect([sprite.height, sprite.width]).toEqual([500, 1024]);
    const picture = (index: number) =>
      rgbImage(32, 32, sprite.pixels.slice(index * 3072, (index + 1) * 3072));
    const record = new Uint8Array(RECORD);
    record[0] = 3;
    picture(0).pixels.forEach((value, i) => (record[1 + (i % 3) * 1024 + Math.floor(i / 3)] = value));
    expect(largestDifference(parseCifar10Batch(record, 'x')[0]!.image, picture(0))).toBe(0);
  });
});
