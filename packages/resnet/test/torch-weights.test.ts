import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { loadTorchWeights } from '@zoo/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  CIFAR_IMAGES,
  cifarImages,
  expectCifarPredictions,
  type GoldenPredictions,
} from '../../../vitest.cifar-images';
import { REAL_DATA, realData } from '../../../vitest.real-data';
import { cifarResnet, preprocessInput } from '../src/index';

const data = [realData('torch'), realData('cifar10')].find(({ isAbsent }) => isAbsent) ?? realData('torch');

/** What scripts/golden/resnet_real_files.py computed with PyTorch: the class of each image, all probabilities of the first ones. */
const golden = JSON.parse(
  readFileSync(new URL('fixtures/resnet-real-files.json', import.meta.url), 'utf8'),
) as Record<string, GoldenPredictions>;

describe.skipIf(data.isAbsent)(`akamaster’s CIFAR nets${data.note}`, () => {
  let engine: SelectedEngine;
  let images: tf.Tensor;
  let labels: readonly number[];

  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
    const cifar = await cifarImages();
    labels = cifar.labels;
    images = tf.tidy(() => preprocessInput(tf.tensor4d(cifar.pixels, [CIFAR_IMAGES, 32, 32, 3]), 'torch'));
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
      probabilities.dispose();
      model.dispose();
      expectCifarPredictions(rows, golden[name]!, labels, accuracy);
    },
    120_000,
  );
});
