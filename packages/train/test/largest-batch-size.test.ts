import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { selectEngine } from '@zoo/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { adamW, createTrainStep, largestBatchSize, sgd } from '../src';

import { tinyModel, weightValues } from './support/tiny-model';

const MIB = 2 ** 20;
const LIMIT_BYTES = 96 * MIB;

beforeAll(async () => {
  await selectEngine({ prefer: 'wasm', purpose: 'train', threads: 1, memoryLimitBytes: LIMIT_BYTES });
});
afterAll(() => tf.setBackend('cpu'));

function convolutions(inputShape: [number | null, number | null, number] = [32, 32, 3]): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        inputShape,
        filters: 32,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
      }),
      tfl.layers.conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' }),
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
}

async function trainOn(model: tfl.LayersModel, batchSize: number): Promise<void> {
  const step = createTrainStep(model, { optimizer: sgd({ momentum: 0.9 }) });
  const images = tf.zeros<tf.Rank.R4>([batchSize, 32, 32, 3]);
  const labels = tf.ones<tf.Rank.R2>([batchSize, 3]);
  try {
    for (let i = 0; i < 3; i++) await step.run({ images, labels, sources: [] });
  } finally {
    tf.dispose([images, labels]);
    step.dispose();
  }
}

describe('largestBatchSize', () => {
  it("finds a batch that fits into the engine's memory where twice as large a one does not", async () => {
    const model = convolutions();
    const { batchSize } = await largestBatchSize(model, {
      optimizer: sgd({ momentum: 0.9 }),
      memoryBytes: LIMIT_BYTES,
    });
    await trainOn(model, batchSize);
    await expect(trainOn(model, 2 * batchSize)).rejects.toMatchObject({ code: 'out-of-memory' });
    model.dispose();
  });

  it('leaves weights as they were', async () => {
    const model = tinyModel({ dropRate: 0.2 });
    const before = weightValues(model);
    await largestBatchSize(model, { optimizer: adamW(), memoryBytes: 100 * MIB });
    expect(weightValues(model)).toEqual(before);
    model.dispose();
  });

  it("counts an optimizer's state among what every batch needs", async () => {
    const model = tinyModel({});
    const fixed = async (optimizer: ReturnType<typeof sgd>) =>
      (await largestBatchSize(model, { optimizer, memoryBytes: 100 * MIB })).fixedBytes;
    expect(await fixed(adamW())).toBeGreaterThan(await fixed(sgd()));
    model.dispose();
  });

  it('is bounded by `maximum`', async () => {
    const model = tinyModel({});
    const found = await largestBatchSize(model, { optimizer: sgd(), memoryBytes: 1000 * MIB, maximum: 48 });
    expect(found.batchSize).toBe(48);
    model.dispose();
  });

  it('names the need where not even one picture fits', async () => {
    const model = convolutions();
    await expect(largestBatchSize(model, { optimizer: sgd(), memoryBytes: 1000 })).rejects.toThrow(
      /Expected memory for a batch of one picture, \d+ MiB, but `memoryBytes` are 0 MiB/,
    );
    model.dispose();
  });

  it('takes the size of pictures that a model leaves open', async () => {
    const model = convolutions([null, null, 3]);
    const options = { optimizer: sgd(), memoryBytes: LIMIT_BYTES };
    await expect(largestBatchSize(model, options)).rejects.toThrow(
      /Expected a model with pictures of one size for `model` .* Give `options.imageSize`\./,
    );
    const [small, large] = [
      await largestBatchSize(model, { ...options, imageSize: [16, 16] }),
      await largestBatchSize(model, { ...options, imageSize: [32, 32] }),
    ];
    expect(small.batchSize).toBeGreaterThan(2 * large.batchSize);
    model.dispose();
    const fixed = convolutions();
    await expect(largestBatchSize(fixed, { ...options, imageSize: [32, 16] })).rejects.toThrow(
      'Expected the size that the model reads, 32x32, for `options.imageSize`',
    );
    fixed.dispose();
  });
});
