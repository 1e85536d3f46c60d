import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { loadTorchWeights } from '@zoo/weights';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { REAL_DATA, realData } from '../../../vitest.real-data';
import { cifarResnet, preprocessInput } from '../src/index';

const IMAGES = 500;
const data = [realData('torch'), realData('cifar10')].find(({ isAbsent }) => isAbsent) ?? realData('torch');

/** What scripts/golden/resnet_real_files.py computed with PyTorch: the class of each image, all probabilities of the first ones. */
const golden = JSON.parse(
  readFileSync(new URL('fixtures/resnet-real-files.json', import.meta.url), 'utf8'),
) as Record<string, { classes: number[]; probabilities: number[][] }>;

describe.skipIf(data.isAbsent)(`akamaster’s CIFAR nets${data.note}`, () => {
  let engine: SelectedEngine;
  let images: tf.Tensor;
  let labels: number[];

  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
    const pixels = await sharp(join(REAL_DATA, 'cifar10/test-first-500.png')).removeAlpha().raw().toBuffer();
    images = tf.tidy(() =>
      preprocessInput(tf.tensor4d(Float32Array.from(pixels), [IMAGES, 32, 32, 3]), 'torch'),
    );
    const file = readFileSync(join(REAL_DATA, 'cifar10/labels.json'), 'utf8');
    labels = (JSON.parse(file) as Record<string, number[]>)['test-first-500']!;
  });
  afterAll(async () => {
    images.dispose();
    await engine.dispose();
  });

  // The accuracies are those that akamaster reports for all 10,000 test images.
  it.each([
    [20, 'resnet20-12fca82f', 0.9173],
    [56, 'resnet56-4bfd9763', 0.9339],
  ])(
    'ResNet-%i takes every weight of %s and gives the classes and probabilities that PyTorch gives',
    async (depth, name, accuracy) => {
      const model = cifarResnet(depth, { shortcut: 'subsample-pad-both', kernelInitializer: 'zeros' });
      const report = await loadTorchWeights(model, join(REAL_DATA, `torch/${name}.th`));
      expect(report.loaded).toHaveLength(model.weights.length);

      const probabilities = model.predict(images, { batchSize: 100 }) as tf.Tensor2D;
      const rows = probabilities.arraySync();
      const classes = tf.tidy(() => [...probabilities.argMax(-1).dataSync()]);
      probabilities.dispose();
      model.dispose();
      expect(classes).toEqual(golden[name]!.classes);
      const differences = golden[name]!.probabilities.flatMap((row, i) =>
        row.map((value, j) => Math.abs(value - rows[i]![j]!)),
      );
      expect(Math.max(...differences)).toBeLessThan(1e-4);
      // Three standard errors of a share of so many.
      const right = classes.filter((value, i) => value === labels[i]).length / IMAGES;
      expect(Math.abs(right - accuracy)).toBeLessThan(3 * Math.sqrt((accuracy * (1 - accuracy)) / IMAGES));
    },
    120_000,
  );
});
