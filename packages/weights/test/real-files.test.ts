import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CIFAR_IMAGES, cifarImages, expectCifarPredictions } from '../../../test-support/cifar-images';
import { REAL_DATA as DATA, realData } from '../../../test-support/real-data';
import { openHdf5 } from '../src/hdf5/hdf5-file';
import { loadKerasModel, loadKerasOptimizer, loadKerasWeights, openSource } from '../src/index';

import { zeroWeights } from './support/small-models';

const hasData = !realData('keras').isAbsent && !realData('cifar10').isAbsent;
if (!hasData) process.stderr.write(`tests on real files skipped: none at ${DATA}\n`);

interface Golden {
  argmax: number[];
  probabilities_of_first_32: number[][];
}

/** What scripts/golden/weights_real_files.py computed: every `step`-th value. */
const outputs = JSON.parse(
  readFileSync(new URL('fixtures/real-files-outputs.json', import.meta.url), 'utf8'),
) as Record<string, { shape: number[]; step: number; values: number[] }>;

const json = (name: string): unknown => JSON.parse(readFileSync(join(DATA, name), 'utf8'));

describe.skipIf(!hasData)('published Keras files', () => {
  let pixels: Float32Array;
  let labels: readonly number[];
  let mean: Float32Array;

  beforeAll(async () => {
    await tf.setBackend('wasm');
    ({ pixels, labels } = await cifarImages());
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
      const model = await loadKerasModel(join(DATA, `keras/${name}.h5`));
      const images = tf.tensor(pixels.map(normalize), [CIFAR_IMAGES, 32, 32, 3]);
      const probabilities = model.predict(images, { batchSize: 100 }) as tf.Tensor2D;
      const expected = { classes: golden.argmax, probabilities: golden.probabilities_of_first_32 };
      expectCifarPredictions(probabilities.arraySync(), expected, labels, accuracy);
      tf.dispose([images, probabilities]);
      model.dispose();
    },
  );

  it.each(Object.keys(outputs))('%s gives what Keras gives', async (name) => {
    const isWeights = name.endsWith('_weights.h5');
    const model = await loadKerasModel(join(DATA, 'keras', name.replace('_weights.h5', '.keras')));
    if (isWeights) {
      zeroWeights(model);
      await loadKerasWeights(model, join(DATA, 'keras', name));
    }
    const { shape, step, values } = outputs[name]!;
    const { outputShape, output } = tf.tidy(() => {
      const inputShape = [2, ...model.inputs[0]!.shape.slice(1).map((size) => size!)];
      const input = Float32Array.from({ length: tf.util.sizeFromShape(inputShape) }, (_, i) => Math.sin(i));
      const tensor = model.predict(tf.tensor(input, inputShape)) as tf.Tensor;
      return { outputShape: tensor.shape, output: tensor.dataSync() };
    });
    expect(outputShape).toEqual(shape);
    const scale = Math.max(1, ...values.map(Math.abs));
    values.forEach((value, i) => expect(Math.abs(output[i * step]! - value) / scale).toBeLessThan(1e-5));
    model.dispose();
  });

  it.each(['cnn2d_35.h5', 'cnn2d_93.h5'])('%s is refused for its layers, which are named', async (name) => {
    await expect(loadKerasModel(join(DATA, 'keras/dl4j', name))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/LocallyConnected2D \('.*'\), LocallyConnected2D \('.*'\)/) as string,
    });
  });

  it.each([
    ['mlcommons-resnet8-cifar10.h5', '2.4'],
    ['jyunmau-resnet20v1-cifar10.h5', '2.2.5'],
    ['face/gender_mini_XCEPTION.21-0.95.hdf5', '2.0.5'],
  ])("Adam's state in %s, of Keras %s, fits its weights", async (name) => {
    const path = join(DATA, 'keras', name);
    const model = await loadKerasModel(path);
    const { iterations, slots } = await loadKerasOptimizer(model, path);
    expect(iterations).toBeGreaterThan(0);
    expect(slots.size).toBe(2 * model.trainableWeights.length);
    // Second moments are means of squares, first moments are not: the two are not mixed up.
    const smallest = (slot: string) =>
      Array.from(slots).map(([key, { values }]) =>
        key.startsWith(slot) ? values.reduce((a, b) => Math.min(a, b)) : 0,
      );
    expect(Math.min(...smallest('velocity'))).toBe(0);
    expect(Math.min(...smallest('momentum'))).toBeLessThan(0);
    model.dispose();
  });

  it("the names in mlcommons' file say that each value went to its weight", async () => {
    const path = join(DATA, 'keras/mlcommons-resnet8-cifar10.h5');
    const model = await loadKerasModel(path);
    const { slots } = await loadKerasOptimizer(model, path);
    const source = await openSource(path);
    const state = await (await openHdf5(source)).group('optimizer_weights');
    for (const [key, { values }] of slots) {
      const [, slot, weight] = /^([^/]+)\/(.+)$/.exec(key)!;
      const stored = await state.dataset(`Adam/${weight!}/${slot === 'momentum' ? 'm' : 'v'}:0`);
      expect(await stored.read(), key).toEqual(values);
    }
    await source.close?.();
    model.dispose();
  });

  it('a .keras of 2.15 and its legacy weights hold the same numbers', async () => {
    const model = await loadKerasModel(join(DATA, 'keras/nuclear-fusion/resnet.keras'));
    const before = model.weights.map((weight) => [...weight.read().dataSync()]);
    await loadKerasWeights(model, join(DATA, 'keras/nuclear-fusion/resnet_weights.h5'));
    expect(model.weights.map((weight) => [...weight.read().dataSync()])).toEqual(before);
    model.dispose();
  });
});
