import * as tf from '@tensorflow/tfjs-core';
import { createRandom, FUSED_KERNELS } from '@zoo/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { selectEngine, type SelectedEngine } from '../src';

import { isTensorFlowHere } from './tensorflow-here';

const random = createRandom(7);

function normal(shape: number[]): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => random.normal()),
    shape,
  );
}

function run(name: string, inputs: object, attributes: object = {}): tf.Tensor[] {
  const outputs = tf
    .engine()
    .runKernel<tf.Tensor | tf.Tensor[]>(
      name,
      inputs as tf.NamedTensorMap,
      attributes as Record<string, number>,
    );
  return Array.isArray(outputs) ? outputs : [outputs];
}

async function expectClose(actual: tf.Tensor, expected: tf.Tensor, tolerance = 1e-5): Promise<void> {
  expect(actual.shape).toEqual(expected.shape);
  const [left, right] = [await actual.data<'float32'>(), await expected.data<'float32'>()];
  const scale = Math.max(1, ...right.map(Math.abs));
  const worst = left.reduce((most, value, index) => Math.max(most, Math.abs(value - right[index]!)), 0);
  expect(worst / scale).toBeLessThan(tolerance);
}

async function inScope(body: () => Promise<void>): Promise<void> {
  tf.engine().startScope();
  try {
    await body();
  } finally {
    tf.engine().endScope();
  }
}

describe.skipIf(!isTensorFlowHere())('the kernels for tensorflow', () => {
  let engine: SelectedEngine;

  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'tensorflow' });
  });

  afterAll(async () => engine.dispose());

  it.each([[[4, 5, 3, 7]], [[16, 6]], [[2, 3, 8]], [[1, 1, 1, 3]]])(
    'normalise a batch of shape %j as its own statistics say',
    async (shape) =>
      inScope(async () => {
        const channels = shape[shape.length - 1]!;
        const [x, scale, offset] = [normal(shape), normal([channels]), normal([channels])];
        const [y, mean, variance, reserve] = run(
          FUSED_KERNELS.batchNorm,
          { x, scale, offset },
          { epsilon: 1e-3 },
        );
        const expected = tf.moments(tf.reshape(x, [-1, channels]), 0);
        await expectClose(mean!, expected.mean);
        await expectClose(variance!, expected.variance);
        await expectClose(reserve!, tf.rsqrt(tf.add(expected.variance, 1e-3)));
        await expectClose(y!, tf.add(tf.mul(tf.mul(tf.sub(x, mean!), reserve!), scale), offset));
      }),
  );

  it.each([[[4, 5, 3, 7]], [[16, 6]]])('differentiate the normalisation of shape %j', async (shape) =>
    inScope(async () => {
      const channels = shape[shape.length - 1]!;
      const [x, dy, scale, offset] = [normal(shape), normal(shape), normal([channels]), normal([channels])];
      const [, batchMean, , reserve] = run(FUSED_KERNELS.batchNorm, { x, scale, offset }, { epsilon: 1e-3 });
      const actual = run(
        FUSED_KERNELS.batchNormGrad,
        { dy, x, scale, batchMean, reserve },
        { epsilon: 1e-3 },
      );
      const axes = shape.map((_, axis) => axis).slice(0, -1);
      const expected = tf.grads((values: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => {
        const mean = tf.mean(values, axes, true);
        const centred = tf.sub(values, mean);
        const variance = tf.mean(tf.square(centred), axes, true);
        return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-3))), gamma), beta);
      })([x, scale, offset], dy);
      for (const [index, gradient] of actual.entries()) await expectClose(gradient, expected[index]!);
    }),
  );

  it('pass the gradient of ReLU where its output is positive', async () =>
    inScope(async () => {
      const [x, dy] = [normal([3, 5]), normal([3, 5])];
      const [dx] = run(FUSED_KERNELS.reluGrad, { dy, y: tf.relu(x) });
      await expectClose(dx!, tf.mul(dy, tf.cast(tf.greater(x, 0), 'float32')));
    }));

  it('give the softmax cross-entropy and its gradient', async () =>
    inScope(async () => {
      const logits = tf.mul(normal([5, 4]), 50);
      const labels = tf.softmax(normal([5, 4]));
      const [loss, gradient] = run(FUSED_KERNELS.softmaxCrossEntropy, { logits, labels });
      await expectClose(loss!, tf.neg(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), 1)));
      await expectClose(gradient!, tf.sub(tf.softmax(logits), labels));
    }));

  it.each([
    { momentum: 0.9, nesterov: false, gradientScale: 1, weightDecay: 0 },
    { momentum: 0.9, nesterov: false, gradientScale: 0.125, weightDecay: 1e-2 },
    { momentum: 0.9, nesterov: true, gradientScale: 0.5, weightDecay: 1e-2 },
    { momentum: 0, nesterov: false, gradientScale: 1, weightDecay: 1e-2 },
  ])('update by SGD in place: %j', async ({ momentum, nesterov, gradientScale, weightDecay }) =>
    inScope(async () => {
      const shapes = [[3, 4], [5]];
      const [weights, gradients, velocities] = [0, 1, 2].map(() => shapes.map(normal));
      const decays = [weightDecay, 0];
      const expected = shapes.map((_, index) => {
        const gradient = tf.add(
          tf.mul(gradients![index]!, gradientScale),
          tf.mul(weights![index]!, decays[index]!),
        );
        const velocity = tf.add(tf.mul(velocities![index]!, momentum), gradient);
        const direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
        return { weight: tf.sub(weights![index]!, tf.mul(direction, 0.1)), velocity };
      });
      const attributes = { learningRate: 0.1, momentum, nesterov, weightDecays: decays, gradientScale };
      const inputs = [...weights!, ...gradients!, ...velocities!];
      expect(run(FUSED_KERNELS.sgdUpdate, inputs, attributes)).toEqual([]);
      for (const [index, { weight, velocity }] of expected.entries()) {
        await expectClose(weights![index]!, weight);
        await expectClose(velocities![index]!, velocity);
      }
    }),
  );

  it.each([1, 100])('update by AdamW in place, at step %i', async (step) =>
    inScope(async () => {
      const [weights, gradients, first] = [0, 1, 2].map(() => [normal([4, 3]), normal([6])]);
      const second = first!.map((moment) => tf.abs(moment));
      const decays = [1e-2, 0];
      const expected = [0, 1].map((index) => {
        const gradient = tf.mul(gradients![index]!, 0.5);
        const firstMoment = tf.add(tf.mul(first![index]!, 0.9), tf.mul(gradient, 0.1));
        const secondMoment = tf.add(tf.mul(second[index]!, 0.999), tf.mul(tf.square(gradient), 1 - 0.999));
        const root = tf.add(tf.sqrt(tf.div(secondMoment, 1 - 0.999 ** step)), 1e-3);
        const direction = tf.mul(tf.div(tf.div(firstMoment, 1 - 0.9 ** step), root), 0.1);
        return {
          firstMoment,
          secondMoment,
          weight: tf.sub(tf.mul(weights![index]!, 1 - 0.1 * decays[index]!), direction),
        };
      });
      run(FUSED_KERNELS.adamWUpdate, [...weights!, ...gradients!, ...first!, ...second], {
        learningRate: 0.1,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-3,
        step,
        weightDecays: decays,
        gradientScale: 0.5,
      });
      for (const [index, { firstMoment, secondMoment, weight }] of expected.entries()) {
        await expectClose(weights![index]!, weight);
        await expectClose(first![index]!, firstMoment);
        await expectClose(second[index]!, secondMoment);
      }
    }),
  );

  it("leave the caller's typed array alone when they update a weight made from it", async () =>
    inScope(async () => {
      const values = Float32Array.of(1, 2, 3);
      const weight = tf.variable(tf.tensor1d(values));
      const inputs = [weight, tf.ones([3]), tf.zeros([3])];
      run(FUSED_KERNELS.sgdUpdate, inputs, {
        learningRate: 1,
        momentum: 0.9,
        nesterov: false,
        weightDecays: [0],
        gradientScale: 1,
      });
      expect(Array.from(values)).toEqual([1, 2, 3]);
      expect(Array.from(await weight.data())).toEqual([0, 1, 2]);
      weight.dispose();
    }));

  it("leave tfjs-node's own kernels the methods of tensors that they call", async () =>
    inScope(async () => {
      const largest = tf.argMax(tf.tensor1d([false, true, false], 'bool'));
      const prelu = tf.prelu(tf.tensor1d([-2, 3]), tf.tensor1d([0.5, 0.5]));
      expect(Array.from(await largest.data())).toEqual([1]);
      expect(Array.from(await prelu.data())).toEqual([-1, 3]);
    }));

  it('hold no tensor of the binding after an update', () => {
    const { binding } = tf.backend() as unknown as { binding: { getNumOfTensors(): number } };
    tf.tidy(() => {
      const inputs = [tf.ones([3]), tf.ones([3]), tf.zeros([3])];
      // Values wait on this side until an operation wants them.
      tf.addN(inputs).dispose();
      const before = binding.getNumOfTensors();
      run(FUSED_KERNELS.sgdUpdate, inputs, {
        learningRate: 1,
        momentum: 0.9,
        nesterov: false,
        weightDecays: [0.1],
        gradientScale: 0.5,
      });
      expect(binding.getNumOfTensors()).toBe(before);
    });
  });
});
