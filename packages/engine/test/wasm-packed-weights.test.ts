import * as tf from '@tensorflow/tfjs';
import { createRandom, FUSED_KERNELS } from '@zoo/core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startWasm, type StartedWasm } from '../src/wasm/start-wasm';

import { expectClose, randomTensor, valuesOn } from './contract/contract-case';

let engine: StartedWasm;
beforeAll(async () => {
  engine = await startWasm({ threads: 2 });
});
afterAll(() => engine.dispose());

/** Values of a direct (1x1) and a Winograd (3x3) convolution of one image. */
async function outputs(filters: readonly tf.Tensor[], x: tf.Tensor4D): Promise<Float32Array[]> {
  return valuesOn('wasm', () => filters.map((filter) => tf.conv2d(x, filter as tf.Tensor4D, 1, 'same')));
}

test('weights kept for the next use follow an update in place', async () => {
  const random = createRandom(9);
  const x = randomTensor<tf.Rank.R4>(random.fork('x'), [1, 16, 16, 16]);
  const filters = [1, 3].map((size) =>
    tf.tidy(() => tf.variable(randomTensor(random.fork('filter', size), [size, size, 16, 16]))),
  );
  const velocities = filters.map((filter) => tf.tidy(() => tf.variable(tf.zerosLike(filter))));
  const first = await outputs(filters, x);
  expect(await outputs(filters, x)).toEqual(first);
  expect(await outputs(filters, x)).toEqual(first);
  // gradient = weight and learning rate 3: each weight becomes -2 of itself.
  tf.engine().runKernel(FUSED_KERNELS.sgdUpdate, [...filters, ...filters, ...velocities] as never, {
    ...{ learningRate: 3, momentum: 0, nesterov: false, weightDecays: [0, 0], gradientScale: 1 },
  });
  const second = await outputs(filters, x);
  second.forEach((values, index) => {
    expectClose(
      values,
      first[index]!.map((value) => -2 * value),
      1e-5,
      `filter ${index}`,
    );
  });
  tf.dispose([x, ...filters, ...velocities]);
});

test('a convolution of few pixels is the same in inference, by Winograd, and under a gradient, direct', async () => {
  const random = createRandom(4);
  const x = randomTensor<tf.Rank.R4>(random.fork('x'), [1, 7, 7, 64]);
  const filter = randomTensor<tf.Rank.R4>(random.fork('filter'), [3, 3, 64, 64]);
  const convolve = () => tf.conv2d(x, filter, 1, 'same');
  const differentiated = () => tf.valueAndGrad(() => tf.sum(convolve()))(x).value;
  const [expected, expectedSum] = await valuesOn('cpu', () => [convolve(), tf.sum(convolve())]);
  const [first, sum] = await valuesOn('wasm', () => [convolve(), differentiated()]);
  const [again] = await valuesOn('wasm', () => [convolve()]);
  expectClose(first!, expected!, 1e-5, 'inference');
  expectClose(sum!, expectedSum!, 1e-5, 'under a gradient');
  expect(again).toEqual(first);
  tf.dispose([x, filter]);
});
