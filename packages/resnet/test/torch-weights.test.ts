import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { loadTorchWeights } from '@zoo/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  CIFAR_IMAGES,
  cifarImages,
  expectCifarPredictions,
  type GoldenPredictions,
} from '../../../test-support/cifar-images';
import { REAL_DATA, realData } from '../../../test-support/real-data';
import { cifarResnet, identifyModel, loadNetwork, preprocessInput } from '../src/index';

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

      expectPyTorchs(model, name, accuracy);
    },
    120_000,
  );

  it('loadNetwork builds the network that the file is of, with its form of shortcut', async () => {
    const model = await loadNetwork(join(REAL_DATA, 'torch/resnet20-12fca82f.th'));
    expect(identifyModel(model)).toMatchObject({
      architecture: 'resnet20',
      options: { variant: 'torchvision', shortcut: 'subsample-pad-both' },
      classes: 10,
    });
    expectPyTorchs(model, 'resnet20-12fca82f', 0.9173);
  }, 120_000);

  it('a builder takes the form of shortcut from the file', async () => {
    const model = await cifarResnet(20, { weights: join(REAL_DATA, 'torch/resnet20-12fca82f.th') });
    expectPyTorchs(model, 'resnet20-12fca82f', 0.9173);
  }, 120_000);

  it('a network with another form of shortcut is refused and left as it was', async () => {
    for (const shortcut of ['A', 'average-pad-both'] as const) {
      const model = cifarResnet(20, { shortcut, kernelInitializer: 'zeros' });
      const loading = loadTorchWeights(model, join(REAL_DATA, 'torch/resnet20-12fca82f.th'));
      await expect(loading).rejects.toThrow(/Build it with `shortcut: 'subsample-pad-both'`/);
      const kernel = model.getLayer('conv1_conv').getWeights()[0]!;
      expect(kernel.dataSync().every((value) => value === 0)).toBe(true);
      model.dispose();
    }
  });

  function expectPyTorchs(model: tfl.LayersModel, name: string, accuracy: number): void {
    const probabilities = model.predict(images, { batchSize: 100 }) as tf.Tensor2D;
    const rows = probabilities.arraySync();
    probabilities.dispose();
    model.dispose();
    expectCifarPredictions(rows, golden[name]!, labels, accuracy);
  }
});
