import * as tf from '@tensorflow/tfjs-core';
import { createRandom, FUSED_KERNELS } from '@zoo/core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startWasm, type StartedWasm } from '../src/engines/wasm/start-wasm';

import { expectClose, randomTensor, valuesOn } from './contract/contract-case';

let engine: StartedWasm;
beforeAll(async () => {
  engine = await startWasm({ threads: 2 });
});
afterAll(() => engine.dispose());

const convolve = (x: tf.Tensor4D, filter: tf.Tensor) => tf.conv2d(x, filter as tf.Tensor4D, 1, 'same');

/** Our own kernels keep what they pack, and so do tfjs's by XNNPACK. */
const CASES = [
  { name: 'a direct convolution', shape: [1, 1, 16, 16], apply: convolve },
  { name: 'a Winograd convolution', shape: [3, 3, 16, 16], apply: convolve },
  {
    name: 'a depthwise convolution',
    shape: [3, 3, 16, 1],
    apply: (x: tf.Tensor4D, filter: tf.Tensor) => tf.depthwiseConv2d(x, filter as tf.Tensor4D, 1, 'same'),
  },
  {
    name: 'a dense layer',
    shape: [16, 8],
    apply: (x: tf.Tensor4D, weights: tf.Tensor) => tf.dot(tf.reshape(x, [-1, 16]), weights),
  },
  // The negative half alone, which is proportional to the slopes.
  {
    name: 'a parametric ReLU',
    shape: [16],
    apply: (x: tf.Tensor4D, slopes: tf.Tensor) => tf.prelu(tf.neg(tf.abs(x)), slopes),
  },
];

test.each(CASES)(
  'weights of $name kept for the next use follow an update in place',
  async ({ shape, apply }) => {
    const random = createRandom(9);
    const x = randomTensor<tf.Rank.R4>(random.fork('x'), [1, 16, 16, 16]);
    const weights = tf.tidy(() => tf.variable(randomTensor(random.fork('weights'), shape)));
    const velocities = tf.tidy(() => tf.variable(tf.zerosLike(weights)));
    const output = async () => (await valuesOn('wasm', () => [apply(x, weights)]))[0]!;
    const first = await output();
    expect(await output()).toEqual(first);
    expect(await output()).toEqual(first);
    // gradient = weight and learning rate 3: each weight becomes -2 of itself.
    tf.engine().runKernel(FUSED_KERNELS.sgdUpdate, [weights, weights, velocities] as never, {
      ...{ learningRate: 3, momentum: 0, nesterov: false, weightDecays: [0], gradientScale: 1 },
    });
    const doubled = first.map((value) => -2 * value);
    expectClose(await output(), doubled, 1e-5, 'the output');
    tf.dispose([x, weights, velocities]);
  },
);

test('a convolution of few pixels is the same in inference, by Winograd, and under a gradient, direct', async () => {
  const random = createRandom(4);
  const x = randomTensor<tf.Rank.R4>(random.fork('x'), [1, 7, 7, 64]);
  const filter = randomTensor<tf.Rank.R4>(random.fork('filter'), [3, 3, 64, 64]);
  const differentiated = () => tf.valueAndGrad(() => tf.sum(convolve(x, filter)))(x).value;
  const [expected, expectedSum] = await valuesOn('cpu', () => [
    convolve(x, filter),
    tf.sum(convolve(x, filter)),
  ]);
  const [first, sum] = await valuesOn('wasm', () => [convolve(x, filter), differentiated()]);
  const [again] = await valuesOn('wasm', () => [convolve(x, filter)]);
  expectClose(first!, expected!, 1e-5, 'inference');
  expectClose(sum!, expectedSum!, 1e-5, 'under a gradient');
  expect(again).toEqual(first);
  tf.dispose([x, filter]);
});
