import { createRequire } from 'node:module';
import { dirname } from 'node:path';

import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startWasm, type StartedWasm } from '../src/engines/wasm/start-wasm';

/**
 * What tfjs 4.22's own wasm kernels do wrong, and that ours do it right. The first half runs before our kernels are registered:
 * the day it fails, tfjs has fixed a bug.
 */

const gradientOf = (apply: (x: tf.Tensor4D) => tf.Tensor, x: tf.Tensor4D): number[] =>
  tf.tidy(() =>
    Array.from(
      tf
        .grad(apply as (value: tf.Tensor) => tf.Tensor)(x)
        .dataSync(),
    ),
  );
const image = (values: number[]) => tf.tensor4d(values, [1, 1, values.length, 1]);

const maxPoolOfNegatives = () =>
  tf.tidy(() => gradientOf((x) => tf.maxPool(x, [1, 2], 2, 'valid'), image([-3, -1])));
const maxPoolOfTies = () =>
  tf.tidy(() => gradientOf((x) => tf.maxPool(x, [1, 2], 2, 'valid'), image([5, 5])));
const averagePoolAtEdge = () =>
  tf.tidy(() => gradientOf((x) => tf.avgPool(x, [1, 2], 2, 'same'), image([1, 1, 1])));
const filterGradient = () =>
  tf.tidy(() => {
    const x = image([1, 2, 3]);
    const filter = tf.ones<tf.Rank.R4>([1, 1, 1, 1]);
    return Array.from(
      tf
        .grad((value: tf.Tensor) => tf.conv2d(x, value as tf.Tensor4D, 1, 'same'))(filter)
        .dataSync(),
    );
  });
const conv3dFilterGradient = () =>
  tf.tidy(() => {
    const x = tf.tensor<tf.Rank.R5>([1, 2, 3, 4], [1, 1, 1, 4, 1]);
    const apply = (filter: tf.Tensor) => tf.conv3d(x, filter as tf.Tensor5D, [1, 1, 2], 'valid');
    return Array.from(
      tf
        .grad(apply)(tf.ones([1, 1, 2, 1, 1]))
        .dataSync(),
    );
  });

/** Two matrices by two others, every one by every one: four products. */
const broadcastProducts = () =>
  tf.tidy(() => {
    const a = tf.tensor([1, 2], [2, 1, 1, 1]);
    const b = tf.tensor([3, 5], [1, 2, 1, 1]);
    return Array.from(tf.matMul(a, b).dataSync());
  });
/** The gradient of one matrix that two others are multiplied by, as the tape gets it. */
const broadcastGradientShape = () =>
  tf.tidy(() => {
    const operands = [tf.ones([2, 1, 1]), tf.ones([1, 1, 1])];
    const { gradFunc } = tf.getGradient('BatchMatMul');
    return gradFunc(tf.ones([2, 1, 1]), operands, { transposeA: false, transposeB: false }).b!().shape;
  });

const values = (compute: () => tf.Tensor) => tf.tidy(() => Array.from(compute().dataSync()));
/** What stock makes of inputs, and what is right: TensorFlow's values, from its definitions of these operations. */
const FORWARD: Readonly<Record<string, { compute: () => tf.Tensor; right: number[] }>> = {
  'max-pooling of negative volumes': {
    compute: () => tf.maxPool3d(tf.tensor5d([-3, -1], [1, 1, 1, 2, 1]), [1, 1, 2], 1, 'valid'),
    right: [-1],
  },
  'dilation of negative images': {
    compute: () => tf.dilation2d(image([-3, -1]), tf.zeros<tf.Rank.R3>([1, 2, 1]), 1, 'valid'),
    right: [-1],
  },
  'slopes along another axis than the last': {
    compute: () => tf.prelu<tf.Tensor>(tf.tensor2d([-1, -1, -1, -1], [2, 2]), tf.tensor2d([1, 10], [2, 1])),
    right: [-1, -1, -10, -10],
  },
  'negative numbers as truths': { compute: () => tf.cast([-1.5, 0, 256], 'bool'), right: [1, 0, 1] },
  'labels as floating-point numbers': {
    compute: () => tf.oneHot(tf.tensor1d([1], 'int32'), 2, 1, 0, 'float32'),
    right: [0, 1],
  },
  'ReLU6 of what is not a number': { compute: () => tf.relu6([Number.NaN]), right: [Number.NaN] },
  'clipping of what is not a number': {
    compute: () => tf.clipByValue([Number.NaN], 0, 1),
    right: [Number.NaN],
  },
  'the larger of NaN and 1': { compute: () => tf.maximum([1], [Number.NaN]), right: [Number.NaN] },
  'the sign of a small number': { compute: () => tf.sign([1e-30]), right: [1] },
  'the cosine of a large number': { compute: () => tf.round(tf.mul(tf.cos([1e30]), 1000)), right: [-612] },
  'a rotated image with a border of 0.5': {
    compute: () =>
      tf.slice(tf.image.rotateWithOffset(tf.ones([1, 4, 4, 1]), 0.8, 0.5), [0, 0, 0, 0], [1, 1, 1, 1]),
    right: [0.5],
  },
};

let engine: StartedWasm | undefined;
beforeAll(async () => {
  const { resolve } = createRequire(import.meta.url);
  setWasmPaths(`${dirname(resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/dist/`);
  await tf.setBackend('wasm');
});
afterAll(() => engine?.dispose());

describe("tfjs's own kernels", () => {
  test("lose max-pooling's gradient where a window's maximum is negative", () => {
    expect(maxPoolOfNegatives()).not.toEqual([0, 1]);
  });

  test("give max-pooling's gradient to the last of equal maxima, not to the first as cpu does", () => {
    expect(maxPoolOfTies()).toEqual([0, 1]);
  });

  test("divide average-pooling's gradient by pixels of the padding", () => {
    expect(averagePoolAtEdge()).toEqual([0.5, 0.5, 0.5]);
  });

  test("have no gradient of a convolution's filter (tfjs#8474)", () => {
    expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).toBeUndefined();
  });

  test("compute the gradient of a strided 3-D convolution's filter as if it were not strided", () => {
    expect(conv3dFilterGradient()).not.toEqual([4, 6]);
  });

  test('multiply the wrong matrices of batches that are broadcast over more than one axis', () => {
    expect(broadcastProducts()).not.toEqual([3, 5, 6, 10]);
  });

  test("give a broadcast matrix a gradient of the whole batch's shape, which tfjs then refuses", () => {
    expect(broadcastGradientShape()).toEqual([2, 1, 1]);
  });
});

describe("tfjs's own forward kernels get wrong", () => {
  test.each(Object.entries(FORWARD))('%s', (_name, { compute, right }) => {
    expect(values(compute)).not.toEqual(right);
  });

  test('einsum, which is missing', () => {
    expect(() => tf.tidy(() => tf.einsum('ij->i', tf.ones([2, 2])))).toThrow('Einsum');
  });
});

describe('our kernels, on the backend that tfjs has started', () => {
  beforeAll(async () => {
    engine = await startWasm();
  });

  test.each(Object.entries(FORWARD))('get right: %s', (_name, { compute, right }) => {
    expect(values(compute)).toEqual(right);
  });

  test('have einsum', () => {
    expect(values(() => tf.einsum('ij->i', tf.ones([2, 2])))).toEqual([2, 2]);
  });

  test("have the gradient of a strided 3-D convolution's filter", () => {
    expect(conv3dFilterGradient()).toEqual([4, 6]);
  });

  test('run on one thread there, since its memory is not shared', () => {
    expect(engine?.threads).toBe(1);
  });

  test("give max-pooling's gradient to the first maximum of each window", () => {
    expect(maxPoolOfNegatives()).toEqual([0, 1]);
    expect(maxPoolOfTies()).toEqual([1, 0]);
  });

  test("share average-pooling's gradient among the pixels that exist", () => {
    expect(averagePoolAtEdge()).toEqual([0.5, 0.5, 1]);
  });

  test("have the gradient of a convolution's filter", () => {
    expect(filterGradient()).toEqual([6]);
  });

  test('multiply every matrix of a batch by the one that broadcasting gives it', () => {
    expect(broadcastProducts()).toEqual([3, 5, 6, 10]);
  });

  test('sum the gradient of a matrix over the batch it is broadcast to', () => {
    expect(broadcastGradientShape()).toEqual([1, 1, 1]);
  });
});
