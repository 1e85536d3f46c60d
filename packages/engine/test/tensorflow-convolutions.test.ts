import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '@zoo/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { selectEngine, type SelectedEngine } from '../src';

import { isTensorFlowHere } from './tensorflow-here';

interface Convolution {
  batch: number;
  height: number;
  width: number;
  inChannels: number;
  outChannels: number;
  kernel: number;
  stride: number;
  pad: 'same' | 'valid' | number;
}

const convolutions = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    inChannels: fc.integer({ min: 1, max: 9 }),
    outChannels: fc.integer({ min: 1, max: 9 }),
    kernel: fc.constantFrom(1, 1, 2, 3, 5),
    stride: fc.integer({ min: 1, max: 3 }),
    pad: fc.constantFrom<'same' | 'valid' | number>('same', 'valid', 0, 1, 2),
  })
  .filter(({ height, width, kernel, pad }) => {
    const room = typeof pad === 'number' ? 2 * pad : pad === 'same' ? kernel : 0;
    return (
      Math.min(height, width) + room >= kernel && (typeof pad !== 'number' || pad < kernel || kernel === 1)
    );
  });

/** Gradients of a convolution on one backend, as plain numbers. */
async function gradientsOn(backend: string, convolution: Convolution): Promise<number[][]> {
  const { batch, height, width, inChannels, outChannels, kernel, stride, pad } = convolution;
  const random = createRandom(3);
  const draw = (shape: number[]): tf.Tensor =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () =>
        random.normal(),
      ),
      shape,
    );
  await tf.setBackend(backend);
  const x = draw([batch, height, width, inChannels]);
  const filter = draw([kernel, kernel, inChannels, outChannels]);
  // A number of pixels needs a rounding mode, and a word allows none.
  const rounding = typeof pad === 'number' ? 'floor' : undefined;
  const convolve = (image: tf.Tensor, weights: tf.Tensor): tf.Tensor =>
    tf.conv2d(image as tf.Tensor4D, weights as tf.Tensor4D, stride, pad, 'NHWC', 1, rounding);
  const y = convolve(x, filter);
  const dy = draw(y.shape);
  const gradients = tf.grads(convolve)([x, filter], dy);
  const values = await Promise.all([y, ...gradients].map(async (tensor) => Array.from(await tensor.data())));
  tf.dispose([x, filter, y, dy, ...gradients]);
  return values;
}

describe.skipIf(!isTensorFlowHere())('convolutions on tensorflow', () => {
  let engine: SelectedEngine;

  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'tensorflow' });
  });

  afterAll(async () => engine.dispose());

  it('have the gradients of the cpu engine, whatever their sizes, strides and padding', async () => {
    await fc.assert(
      fc.asyncProperty(convolutions, async (convolution) => {
        const actual = await gradientsOn('tensorflow', convolution);
        const expected = await gradientsOn('cpu', convolution);
        expect(actual.map((values) => values.length)).toEqual(expected.map((values) => values.length));
        const differences = expected.map((values, index) =>
          values.map((value, at) => Math.abs(value - actual[index]![at]!) / Math.max(1, Math.abs(value))),
        );
        expect(Math.max(...differences.flat())).toBeLessThan(1e-4);
      }),
      { numRuns: 150, seed: 11 },
    );
    await tf.setBackend('tensorflow');
  });

  it('leave no tensor in the binding', () => {
    const { binding } = tf.backend() as unknown as { binding: { getNumOfTensors(): number } };
    const before = binding.getNumOfTensors();
    tf.tidy(() => {
      for (const [kernel, stride] of [
        [1, 1],
        [1, 2],
        [3, 1],
        [3, 2],
      ] as const) {
        const filter: tf.Tensor4D = tf.ones([kernel, kernel, 3, 4]);
        const convolve = (x: tf.Tensor, weights: tf.Tensor): tf.Tensor =>
          tf.conv2d(x as tf.Tensor4D, weights as tf.Tensor4D, stride, 'same');
        tf.grads(convolve)([tf.ones([2, 5, 5, 3]), filter]);
      }
    });
    expect(binding.getNumOfTensors()).toBe(before);
  });

  it('have ReLU with the gradient of the cpu engine', async () => {
    for (const backend of ['cpu', 'tensorflow']) {
      await tf.setBackend(backend);
      const dx = tf.tidy(() => tf.grad((x) => tf.relu(x))(tf.tensor1d([-1, 0, 2]), tf.tensor1d([3, 4, 5])));
      expect(Array.from(await dx.data()), backend).toEqual([0, 0, 5]);
      dx.dispose();
    }
  });
});
