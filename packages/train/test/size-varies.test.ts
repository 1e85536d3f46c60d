import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { BatchSource } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { fit, sgd } from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Two epochs of one batch: of 4 pixels, then of 6. */
const growing: BatchSource = {
  classNames: ['a', 'b'],
  imageShape: [6, 6, 3],
  sizeVaries: true,
  exampleCount: 2,
  batchSize: 2,
  batchesPerEpoch: 1,
  batches: async function* ({ epoch }) {
    const size = epoch === 0 ? 4 : 6;
    yield await Promise.resolve({
      images: tf.ones<tf.Rank.R4>([2, size, size, 3]),
      labels: tf.tensor2d([1, 0, 0, 1], [2, 2]),
      sources: [],
    });
  },
};

function network(size: number | null): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({ inputShape: [size, size, 3], filters: 2, kernelSize: 3 }),
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.dense({ units: 2, activation: 'softmax' }),
    ],
  });
}

describe('fit with a source whose size changes by epoch', () => {
  it('trains a model of open height and width, and leaves no tensor behind', async () => {
    const model = network(null);
    const before = tf.memory().numTensors;
    const history = await fit(model, { train: growing, epochs: 2, optimizer: sgd({ learningRate: 0.1 }) });
    expect(history.epochs).toHaveLength(2);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('refuses a model of one size before the first step', async () => {
    const model = network(6);
    await expect(
      fit(model, { train: growing, epochs: 2, optimizer: sgd({ learningRate: 0.1 }) }),
    ).rejects.toThrow(/a source whose size changes by epoch.*inputShape: \[null, null, 3\]/);
    model.dispose();
  });
});
