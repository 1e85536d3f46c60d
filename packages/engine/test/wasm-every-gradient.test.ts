import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { batchNormalization, createRandom } from '@zoo/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startWasm, type StartedWasm } from '../src/engines/wasm/start-wasm';

import { expectClose, expectSame, randomTensor, valuesOn } from './contract/contract-case';
import { DIFFERENTIABLE_KERNEL_CALLS } from './contract/kernel-calls';

/**
 * Any TensorFlow.js model trains on wasm: the gradient of every kernel that TensorFlow.js has one for, called there and on cpu.
 *
 * A gradient whose kernel lacks here is an error in the walk; the day TensorFlow.js adds one, the first test says so.
 */
/** Complex numbers, which TensorFlow.js' wasm backend does not have. */
const ABSENT = ['ComplexAbs'];

let engine: StartedWasm;
beforeAll(async () => {
  engine = await startWasm({ threads: 2 });
});
afterAll(() => engine.dispose());

test('every kernel that TensorFlow.js has a gradient for is called below', () => {
  const kernelNames = Object.values(tf as object).filter(
    (value): value is string => typeof value === 'string',
  );
  const differentiable = new Set(
    kernelNames.filter((name) => (tf.getGradient(name) as unknown) !== undefined),
  );
  const called = new Set(Object.keys(DIFFERENTIABLE_KERNEL_CALLS).map((name) => name.split('/')[0]!));
  expect([...called, ...ABSENT].sort()).toEqual([...differentiable].sort());
});

/** Most kernels want values between 0 and 1; the others tell whether a maximum is found among negative values. */
const RANGES = [
  { words: 'values between 0.1 and 0.9', lowest: 0.1, highest: 0.9 },
  { words: 'negative values', lowest: -5, highest: -1 },
];

describe.each(RANGES)('has on wasm the gradient that it has on cpu, of $words:', ({ lowest, highest }) => {
  test.each(Object.entries(DIFFERENTIABLE_KERNEL_CALLS))('%s', async (name, call) => {
    const gradients = () => {
      const random = createRandom(4).fork(name);
      const [x, y] = [1, 2].map(() =>
        tf.tensor(Float32Array.from({ length: 72 }, () => lowest + (highest - lowest) * random.uniform())),
      );
      // Half of both so that an operand that the call does not use has a gradient as well.
      const apply = (a: tf.Tensor, b: tf.Tensor) =>
        tf.add(tf.sum(call(a, b)), tf.sum(tf.mul(tf.add(a, b), 0.5)));
      const { value, grads } = tf.valueAndGrads(apply)([x!, y!]);
      return [value, ...grads];
    };
    const expected = await valuesOn('cpu', gradients);
    const actual = await valuesOn('wasm', gradients);
    actual.forEach((values, index) => {
      expectSame(values, expected[index]!, ['the value', "x's gradient", "y's gradient"][index]!);
    });
  });
});

test('a small MobileNet of tf.layers has the losses that it has on cpu', async () => {
  const losses = async (backend: string) => {
    await tf.setBackend(backend);
    const random = createRandom(6);
    const block = (filters: number, strides: number) => [
      tfl.layers.depthwiseConv2d({ kernelSize: 3, strides, padding: 'same', useBias: false }),
      batchNormalization({ epsilon: 0.01 }),
      tfl.layers.reLU({ maxValue: 6 }),
      tfl.layers.conv2d({ filters, kernelSize: 1 }),
      tfl.layers.prelu({ sharedAxes: [1, 2] }),
    ];
    const model = tfl.sequential({
      layers: [
        tfl.layers.conv2d({
          inputShape: [12, 12, 3],
          filters: 8,
          kernelSize: 3,
          strides: 2,
          padding: 'same',
        }),
        ...block(12, 1),
        ...block(20, 2),
        tfl.layers.globalAveragePooling2d({}),
        tfl.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    for (const [index, weight] of model.trainableWeights.entries()) {
      const value = randomTensor(random.fork(index), weight.shape as number[]);
      const scaled = tf.mul(value, 0.3);
      weight.write(scaled);
      tf.dispose([value, scaled]);
    }
    const x = randomTensor(random.fork('x'), [4, 12, 12, 3]);
    const labels = tf.tidy(() => tf.oneHot([0, 1, 2, 1], 3));
    const optimizer = tf.train.adam(0.01);
    model.compile({ optimizer, loss: 'categoricalCrossentropy' });
    const values: number[] = [];
    for (let step = 0; step < 4; step++) values.push((await model.trainOnBatch(x, labels)) as number);
    model.dispose();
    optimizer.dispose();
    tf.dispose([x, labels]);
    return values;
  };
  const expected = await losses('cpu');
  expect(expected.at(-1)).toBeLessThan(expected[0]!);
  expectClose(await losses('wasm'), expected, 1e-4, 'the losses');
});
