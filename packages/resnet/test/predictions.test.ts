import { existsSync, readFileSync } from 'node:fs';

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { decodePredictions, preprocessInput, type DecodePredictionsOptions } from '../src';
import { IMAGENET_CLASS_INDEX } from '../src/imagenet';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function preprocessed(mode?: Parameters<typeof preprocessInput>[1]): number[] {
  return tf.tidy(() => [...preprocessInput(tf.tensor3d([[[255, 128, 0]]]), mode).dataSync()]);
}

const expectClose = (actual: number[], expected: number[]): void => {
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
};

describe('preprocessInput', () => {
  // By keras.applications.imagenet_utils.preprocess_input of [[[255, 128, 0]]].
  it.each([
    ['caffe', [-103.939, 11.221, 131.32]],
    ['tf', [1, 0.0039216, -1]],
    ['torch', [2.2489083, 0.2051821, -1.8044444]],
    ['raw', [255, 128, 0]],
    ['scale', [1, 0.5019608, 0]],
  ] as const)('in mode %s gives what Keras gives', (mode, expected) => {
    expectClose(preprocessed(mode), [...expected]);
  });

  it("is caffe's by default, as for Keras' ResNet-50", () => {
    expect(preprocessed()).toEqual(preprocessed('caffe'));
  });

  it('refuses an unknown mode and pixels without three channels', () => {
    expect(() => preprocessed('cafe' as never)).toThrow(/Did you mean 'caffe'\?/);
    tf.tidy(() => {
      expect(() => preprocessInput(tf.zeros([4, 4, 1]))).toThrow(/Expected a tensor of shape/);
    });
  });
});

/** What becomes of these rows of outputs, which are disposed. */
async function decoded(rows: number[][], options: DecodePredictionsOptions) {
  const predictions = tf.tensor2d(rows);
  try {
    return await decodePredictions(predictions, options);
  } finally {
    predictions.dispose();
  }
}

describe('decodePredictions', () => {
  it('gives the best guesses first, by an index whose keys come in any order', async () => {
    // As idenprof_model_class.json has them.
    const classIndex = { '2': 'engineer', '0': 'chef', '1': 'doctor' };
    const outputs = [
      [0.1, 0.2, 0.7],
      [0.5, 0.5, 0],
    ];
    const rows = await decoded(outputs, { top: 2, classIndex });
    expect(rows.map((row) => row.map(({ name }) => name))).toEqual([
      ['engineer', 'doctor'],
      ['chef', 'doctor'],
    ]);
    expect(rows[0]![0]).toMatchObject({ index: 2, id: 'engineer' });
    expect(rows[0]![0]!.score).toBeCloseTo(0.7, 6);
  });

  it("names ImageNet's classes", async () => {
    const outputs = Array.from({ length: 1000 }, (_, index) => (index === 207 ? 1 : 0));
    const [row] = await decoded([outputs], { classIndex: IMAGENET_CLASS_INDEX });
    expect(row).toHaveLength(5);
    expect(row![0]).toEqual({ index: 207, id: 'n02099601', name: 'golden_retriever', score: 1 });
  });

  it('refuses predictions of another shape than the index', async () => {
    const classIndex = IMAGENET_CLASS_INDEX;
    await expect(decoded([[1, 2]], { classIndex })).rejects.toThrow(
      /Expected a batch of predictions \(a 2D tensor of shape \[samples, 1000\]\)/,
    );
    const flat = tf.zeros([1000]);
    await expect(decodePredictions(flat, { classIndex })).rejects.toThrow(/batch of predictions/);
    flat.dispose();
  });

  it('refuses an index with a gap', async () => {
    await expect(decoded([[1, 2]], { classIndex: { '0': 'a', '2': 'b' } })).rejects.toThrow(
      /the labels from 0 to 1, once each in `options.classIndex`/,
    );
  });
});

const published = new URL('../../../../shared/data/imagenet/imagenet_class_index.json', import.meta.url);

describe("ImageNet's index", () => {
  it.skipIf(!existsSync(published))("is Keras' published file (skipped where it is absent)", () => {
    const expected = JSON.parse(readFileSync(published, 'utf8')) as Record<string, [string, string]>;
    expect(IMAGENET_CLASS_INDEX).toEqual(Object.keys(expected).map((_, i) => expected[`${i}`]));
  });
});
