import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { loadKerasModel, loadKerasWeights } from '../src/index';

const DATA =
  process.env['ZOO_REAL_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const hasData = existsSync(join(DATA, 'keras')) && existsSync(join(DATA, 'cifar10'));
if (!hasData) process.stderr.write(`tests on real files skipped: none at ${DATA}\n`);

interface Golden {
  argmax: number[];
  probabilities_of_first_32: number[][];
}

const json = (name: string): unknown => JSON.parse(readFileSync(join(DATA, name), 'utf8'));

describe.skipIf(!hasData)('published Keras files', () => {
  let pixels: Float32Array;
  let mean: Float32Array;

  beforeAll(async () => {
    await tf.setBackend('wasm');
    const { data } = await sharp(join(DATA, 'cifar10/test-first-500.png'))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    pixels = Float32Array.from(data);
    const file = readFileSync(join(DATA, 'cifar10/train-mean.npy'));
    mean = new Float32Array(new Uint8Array(file.subarray(file.length - 4 * 32 * 32 * 3)).buffer);
  });
  afterAll(async () => {
    await tf.setBackend('cpu');
  });

  it.each([
    ['mlcommons-resnet8-cifar10', 0.881, (pixel: number) => pixel],
    ['jyunmau-resnet20v1-cifar10', 0.863, (pixel: number, i: number) => pixel / 255 - mean[i % mean.length]!],
  ] as const)(
    '%s gives the classes and probabilities that Keras gives',
    async (name, accuracy, normalize) => {
      const golden = json(`keras/${name}.golden.json`) as Golden;
      const labels = (json('cifar10/labels.json') as Record<string, number[]>)['test-first-500']!;
      const model = await loadKerasModel(join(DATA, `keras/${name}.h5`));
      const images = tf.tensor(pixels.map(normalize), [500, 32, 32, 3]);
      const probabilities = model.predict(images, { batchSize: 100 }) as tf.Tensor2D;
      const classes = tf.tidy(() => [...probabilities.argMax(-1).dataSync()]);
      expect(classes).toEqual(golden.argmax);
      const rows = tf.tidy(() => probabilities.slice([0, 0], [32, 10]).arraySync());
      const differences = rows.flatMap((row, i) =>
        row.map((value, j) => Math.abs(value - golden.probabilities_of_first_32[i]![j]!)),
      );
      expect(Math.max(...differences)).toBeLessThan(1e-4);
      // Three standard errors of a share of 500.
      const right = classes.filter((value, i) => value === labels[i]).length / 500;
      expect(Math.abs(right - accuracy)).toBeLessThan(3 * Math.sqrt((accuracy * (1 - accuracy)) / 500));
      tf.dispose([images, probabilities]);
      model.dispose();
    },
  );

  it('a .keras of 2.15 and its legacy weights hold the same numbers', async () => {
    const model = await loadKerasModel(join(DATA, 'keras/nuclear-fusion/resnet.keras'));
    const before = model.weights.map((weight) => [...weight.read().dataSync()]);
    await loadKerasWeights(model, join(DATA, 'keras/nuclear-fusion/resnet_weights.h5'));
    expect(model.weights.map((weight) => [...weight.read().dataSync()])).toEqual(before);
    model.dispose();
  });
});
