import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining, FUSED_KERNELS, runFusedKernel } from '@zoo/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { profileKernels, selectEngine, type SelectedEngine } from '../src';

import { isWebgpuAbsent, WEBGPU_NOTE } from './webgpu-here';

const CHANNELS = 4;
const SHAPE = [2, 3, 3, CHANNELS];

/** Values of both signs; the same for the same `start`. */
function wave(start: number, shape = SHAPE): tf.Tensor {
  const values = Array.from(
    { length: tf.util.sizeFromShape(shape) },
    (_, at) => 3 * Math.sin(start + at * at),
  );
  return tf.tensor(values, shape);
}

function parameters(): [scale: tf.Tensor1D, offset: tf.Tensor1D] {
  return [tf.tensor1d([1, -2, 0.5, 3]), tf.tensor1d([0.1, 0, -0.3, 1])];
}

/** Batch norm of `wave(1)` as its definition says. */
function normalizedWave(): number[] {
  const x = Array.from({ length: 2 * 9 * CHANNELS }, (_, at) => 3 * Math.sin(1 + at * at));
  const [scale, offset] = [[1, -2, 0.5, 3], [0.1, 0, -0.3, 1]]; // prettier-ignore
  return x.map((value, at) => {
    const channel = at % CHANNELS;
    const own = x.filter((_, other) => other % CHANNELS === channel);
    const mean = own.reduce((sum, each) => sum + each, 0) / own.length;
    const variance = own.reduce((sum, each) => sum + (each - mean) ** 2, 0) / own.length;
    return ((value - mean) / Math.sqrt(variance + 1e-3)) * scale[channel]! + offset[channel]!;
  });
}

function expectValues(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, at) => expect(actual[at], `value ${at}`).toBeCloseTo(value, 4));
}

/** The labels of the shaders that run, with how often each does. */
async function shadersOf(compute: () => unknown): Promise<Record<string, number>> {
  const { kernels } = await profileKernels(compute, { timed: false });
  return Object.fromEntries(kernels.map(({ label, calls }) => [label, calls]));
}

describe.skipIf(isWebgpuAbsent)(`tensors that wait on WebGPU${WEBGPU_NOTE}`, () => {
  let engine: SelectedEngine;
  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'webgpu' });
  });
  afterAll(() => engine.dispose());

  const normalize = () => tf.tidy(() => batchNormTraining(wave(1), ...parameters()));

  it('takes a sum and a ReLU into the batch norm before them', async () => {
    const shaders = await shadersOf(async () => {
      const result = tf.tidy(() => tf.relu(tf.add(wave(2), normalize())));
      const addend = wave(2);
      const added = await addend.data<'float32'>();
      expectValues(
        await result.data<'float32'>(),
        normalizedWave().map((value, at) => Math.max(0, value + added[at]!)),
      );
      tf.dispose([result, addend]);
    });
    expect(shaders).toEqual({ 'batch norm, moments': 1, 'batch norm, add, relu': 1 });
  });

  it.each(['before', 'after'])('computes what was taken over, read %s what follows', async (order) => {
    const y = normalize();
    const activated = tf.relu(y);
    const expected = normalizedWave();
    const readers = [
      async () => expectValues(await y.data<'float32'>(), expected),
      async () =>
        expectValues(
          await activated.data<'float32'>(),
          expected.map((value) => Math.max(0, value)),
        ),
    ];
    for (const read of order === 'before' ? readers : readers.reverse()) await read();
    tf.dispose([y, activated]);
  });

  it('moves averages though nobody reads what is normalised', async () => {
    const [mean, variance] = tf.tidy(() => [tf.variable(tf.zeros([4])), tf.variable(tf.ones([4]))] as const);
    for (let step = 0; step < 2; step++) {
      tf.tidy(() => {
        const movingAverages = { mean, variance, momentum: 0.5 };
        batchNormTraining(wave(1), ...parameters(), { movingAverages });
      });
    }
    const x = wave(1);
    const expected = tf.tidy(() => tf.mul(tf.mean(x, [0, 1, 2]), 0.75));
    expectValues(await mean.data<'float32'>(), [...(await expected.data<'float32'>())]);
    expect((await variance.data())[0]).not.toBeCloseTo(1, 2);
    tf.dispose([mean, variance, x, expected]);
  });

  it('keeps what a waiting sum reads from an update in place and from an assignment', async () => {
    const weights = [0, 1].map(() => tf.tidy(() => tf.variable(tf.fill([5000], 2))));
    const gradient = tf.fill([5000], 1);
    const velocity = tf.fill([5000], 0);
    const sums = weights.map((weight) => tf.add(weight, gradient));
    const attributes = {
      ...{ learningRate: 1, momentum: 0, nesterov: false },
      weightDecays: [0],
      gradientScale: 1,
    };
    const updated = runFusedKernel(FUSED_KERNELS.sgdUpdate, [weights[0]!, gradient, velocity], attributes);
    if (updated.length > 0) weights[0]!.assign(updated[0]!);
    weights[1]!.assign(gradient);
    expect((await sums[0]!.data())[0]).toBe(3);
    expect((await sums[1]!.data())[0]).toBe(3);
    expect((await weights[0]!.data())[0]).toBe(1);
    tf.dispose([...weights, gradient, velocity, ...sums, ...updated]);
  });

  it('frees what it holds, read or not', async () => {
    const use = async (): Promise<void> => {
      const [read, unread] = tf.tidy(() => {
        const y = normalize();
        return [tf.relu(tf.add(y, wave(2))), tf.relu(tf.add(wave(3), wave(2)))] as [tf.Tensor, tf.Tensor];
      });
      await read.data();
      tf.dispose([read, unread]);
    };
    await use();
    const before = tf.memory();
    await use();
    const { numTensors, numDataBuffers, numBytes } = tf.memory();
    expect({ numTensors, numDataBuffers, numBytes }).toEqual({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
      numBytes: before.numBytes,
    });
    expect(tf.engine().backend.numDataIds()).toBe(numDataBuffers);
  });

  it('lets no chain of sums grow', async () => {
    const one = tf.tidy(() => tf.square(tf.ones([5000])));
    const sum = tf.tidy(() => {
      let total: tf.Tensor = one;
      for (let count = 1; count < 3000; count++) total = tf.add(total, one);
      return total;
    });
    expect((await sum.data())[0]).toBe(3000);
    tf.dispose([one, sum]);
  });

  it("takes a ReLU's gradient into the batch norm's before it, whose sum over pixels is zero without a pass", async () => {
    const gradients = (values: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
      tf.sum(tf.mul(tf.relu(batchNormTraining(tf.add(values, bias), ...parameters())), wave(5)));
    const inputs = [wave(1), tf.tensor1d([0, 0, 0, 0])] as const;
    let found: tf.Tensor[] = [];
    const shaders = await shadersOf(async () => {
      found = tf.tidy(() => tf.grads(gradients)([...inputs]));
      await Promise.all(found.map((gradient) => gradient.data()));
    });
    expect(shaders['batch norm gradient, relu gradient']).toBe(1);
    expect(shaders['relu gradient']).toBeUndefined();
    expect(shaders['sum of rows']).toBeUndefined();
    expectValues(await found[1]!.data<'float32'>(), [0, 0, 0, 0]);
    // Other axes than the channels of the same values do have sums.
    const other = tf.tidy(() => tf.sum(tf.reshape(found[0]!, [2, 9 * CHANNELS]), 0));
    const values = await found[0]!.data<'float32'>();
    expectValues(
      await other.data<'float32'>(),
      Array.from({ length: 36 }, (_, at) => values[at]! + values[at + 36]!),
    );
    tf.dispose([...inputs, ...found, other]);
  });
});
