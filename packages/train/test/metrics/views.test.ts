import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { BatchSource } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { evaluate, predict, type EvaluateOptions } from '../../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Calls with a classifier of two classes whose first logit is the mean of its picture. */
async function withMeanModel<Value>(
  size: number | null,
  use: (model: tfl.LayersModel) => Promise<Value>,
): Promise<Value> {
  const input = tfl.input({ shape: [size, size, 1] });
  const pooled = tfl.layers.globalAveragePooling2d({}).apply(input);
  const dense = tfl.layers.dense({ units: 2, useBias: false, activation: 'softmax' });
  const model = tfl.model({ inputs: input, outputs: dense.apply(pooled) as tfl.SymbolicTensor });
  tf.tidy(() => dense.setWeights([tf.tensor2d([[1, 0]])]));
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

/** One picture of 5 x 6 whose values are its places' numbers. */
const VALUES = Array.from({ length: 30 }, (_, place) => place / 10);
const source: BatchSource = {
  classNames: ['a', 'b'],
  imageShape: [5, 6, 1],
  ...{ exampleCount: 1, batchSize: 1, batchesPerEpoch: 1 },
  batches: async function* () {
    yield await Promise.resolve({
      images: tf.tensor4d(VALUES, [1, 5, 6, 1]),
      labels: tf.tensor2d([[1, 0]]),
      sources: ['picture'],
    });
  },
};

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

/** The mean of the square of 3 x 3 that begins at a row and column. */
function meanAt(top: number, left: number): number {
  let sum = 0;
  for (let y = 0; y < 3; y++) for (let x = 0; x < 3; x++) sum += VALUES[(top + y) * 6 + left + x]!;
  return sum / 9;
}

function firstProbability(size: number | null, options: EvaluateOptions): Promise<number> {
  return withMeanModel(size, async (model) => {
    const before = tf.memory().numTensors;
    const { predictions } = await evaluate(model, source, options);
    const [scores] = await predict(model, source, options);
    expect(tf.memory().numTensors).toBe(before);
    expect(scores!.probabilities).toEqual(predictions[0]!.probabilities);
    return predictions[0]!.probabilities[0]!;
  });
}

describe('evaluate and predict over several views', () => {
  it('average the probabilities of the corners and the middle', async () => {
    // The middle is at row 1 and column 1.5, rounded to the even column 2.
    const places = [
      [0, 0],
      [0, 3],
      [2, 0],
      [2, 3],
      [1, 2],
    ] as const;
    const expected = places.reduce((sum, [top, left]) => sum + sigmoid(meanAt(top, left)), 0) / 5;
    expect(await firstProbability(3, { crops: 'five' })).toBeCloseTo(expected, 5);
    expect(await firstProbability(null, { crops: 'five', cropSize: 3 })).toBeCloseTo(expected, 5);
    // A mean is that of the mirror image: ten crops say what five say.
    expect(await firstProbability(3, { crops: 'five', horizontalFlip: true })).toBeCloseTo(expected, 5);
  });

  it('average the probabilities of several sizes', async () => {
    const wholes = [5, 10].map((length) =>
      tf.tidy(() => {
        const images = tf.tensor4d(VALUES, [1, 5, 6, 1]);
        return tf
          .mean(tf.image.resizeBilinear(images, [length, (length * 6) / 5], false, true))
          .dataSync()[0]!;
      }),
    );
    const expected = (sigmoid(wholes[0]!) + sigmoid(wholes[1]!)) / 2;
    expect(await firstProbability(null, { scales: [5, 10] })).toBeCloseTo(expected, 5);
  });

  it('take crops at every size', async () => {
    const one = await firstProbability(3, { crops: 'five', scales: [5] });
    expect(one).toBeCloseTo(await firstProbability(3, { crops: 'five' }), 6);
  });

  it.each([
    [3, {}, /`source.imageShape`/],
    [3, { scales: [5, 10] }, /`source.imageShape`/],
    [6, { crops: 'five' }, /pictures of at least 6 x 6 to crop from.*pictures of 5 x 6.*larger imageSize/],
    [3, { crops: 'five', cropSize: 4 }, /`source.imageShape`/],
    [null, { crops: 'five' }, /`options.cropSize`/],
    [null, { cropSize: 3 }, /no size without crops: 'five' for `options.cropSize`/],
    [null, { scales: [] }, /`options.scales`/],
    [null, { scales: [0] }, /`options.scales\[0\]`/],
  ] as const)('refuse what does not fit: a model of %s with %o', async (size, options, message) => {
    const run = withMeanModel(size, (model) => evaluate(model, source, options as EvaluateOptions));
    await expect(run).rejects.toThrow(message);
  });
});
