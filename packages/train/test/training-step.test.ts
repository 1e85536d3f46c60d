import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { disposeBatch, type Batch, type BatchSource } from '@zoo/core';
import { beforeAll, describe, expect, it, vi } from 'vitest';

import { fit, sgd, type FitOptions } from '../src';

import { memorySource } from './support/memory-source';
import { tinyModel, weightValues } from './support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** The first batch of a source, and a source that holds it alone. */
async function firstBatch(source: BatchSource): Promise<Batch> {
  for await (const batch of source.batches({ epoch: 0 })) return batch;
  throw new Error('no batch');
}

/** The change of each weight by one update at a learning rate of 1: minus the gradient. */
async function oneUpdate(model: tfl.LayersModel, options: Partial<FitOptions>): Promise<number[][]> {
  const before = weightValues(model);
  await fit(model, {
    train: memorySource({ exampleCount: 4 }),
    epochs: 1,
    optimizer: sgd({ learningRate: 1 }),
    ...options,
  });
  const after = weightValues(model);
  return before.map((values, index) => values.map((value, at) => value - after[index]![at]!));
}

function expectClose(actual: number[][], expected: number[][], digits = 5): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((values, index) =>
    values.forEach((value, at) => expect(value).toBeCloseTo(expected[index]![at]!, digits)),
  );
}

/** Gradients of Keras' own mean loss on the model's probabilities, by tfjs alone. */
function expectedGradients(
  model: tfl.LayersModel,
  batch: Batch,
  target: (labels: tf.Tensor2D) => tf.Tensor,
): number[][] {
  return tf.tidy(() => {
    const { grads } = tf.variableGrads(() => {
      const probabilities = model.apply(batch.images, { training: true }) as tf.Tensor;
      const losses = tf.neg(tf.sum(tf.mul(target(batch.labels), tf.log(probabilities)), 1));
      return tf.mean<tf.Scalar>(losses);
    });
    return model.weights.map((weight) => [...grads[weight.name]!.dataSync()]);
  });
}

describe('a training step', () => {
  it.each([
    ['the mean cross-entropy', {}, (labels: tf.Tensor2D) => labels],
    ['smoothed labels', { labelSmoothing: 0.3 }, (labels: tf.Tensor2D) => tf.add(tf.mul(labels, 0.7), 0.1)],
    [
      'weighted classes',
      { classWeights: [1, 2, 0.5] },
      (labels: tf.Tensor2D) => tf.mul(labels, tf.tensor1d([1, 2, 0.5])),
    ],
  ] as const)('descends along the gradient of %s', async (_name, options, target) => {
    const model = tinyModel();
    const batch = await firstBatch(memorySource({ exampleCount: 4 }));
    const expected = expectedGradients(model, batch, target);
    disposeBatch(batch);
    expectClose(await oneUpdate(model, options), expected);
    model.dispose();
  });

  it('multiplies the loss of each example by its weight', async () => {
    const model = tinyModel();
    const batch = await firstBatch(memorySource({ exampleCount: 4 }));
    const weights = [2, 0, 1, 0.5];
    const sampleWeights = new Map(batch.sources.map((source, index) => [source, weights[index]!]));
    const expected = expectedGradients(model, batch, (labels) =>
      tf.mul(labels, tf.tensor2d(weights, [4, 1])),
    );
    disposeBatch(batch);
    expectClose(await oneUpdate(model, { sampleWeights }), expected);
    model.dispose();
  });

  it('refuses an example without a weight, by its name', async () => {
    const model = tinyModel();
    const sampleWeights = new Map([['picture-0.png', 1]]);
    await expect(oneUpdate(model, { sampleWeights })).rejects.toThrow(/a weight for 'picture-\d.png'/);
    model.dispose();
  });

  it('adds the regularizers of the layers to the loss', async () => {
    const build = (l2: number) =>
      tfl.sequential({
        layers: [
          tfl.layers.flatten({ inputShape: [4, 4, 3] }),
          tfl.layers.dense({
            units: 3,
            kernelInitializer: tfl.initializers.glorotUniform({ seed: 3 }),
            ...(l2 === 0 ? {} : { kernelRegularizer: tfl.regularizers.l2({ l2 }) }),
          }),
        ],
      });
    const [plain, regularized] = [build(0), build(0.1)];
    const kernel = weightValues(plain)[0]!;
    const [plainStep] = await oneUpdate(plain, {});
    const [regularizedStep] = await oneUpdate(regularized, {});
    const difference = regularizedStep!.map((value, index) => value - plainStep![index]!);
    expectClose([difference], [kernel.map((value) => 2 * 0.1 * value)]);
    plain.dispose();
    regularized.dispose();
  });

  it('gives the update of one large batch when several small ones, the last smaller, are accumulated', async () => {
    const large = tinyModel();
    const small = tinyModel();
    const whole = await oneUpdate(large, {
      train: memorySource({ exampleCount: 10, batchSize: 10, shuffle: false }),
    });
    const parts = await oneUpdate(small, {
      train: memorySource({ exampleCount: 10, batchSize: 4, shuffle: false }),
      accumulateSteps: 3,
    });
    expectClose(parts, whole);
    large.dispose();
    small.dispose();
  });

  it('makes an update of what is left at the end of an epoch', async () => {
    const model = tinyModel();
    const train = memorySource({ exampleCount: 10, batchSize: 2 });
    const history = await fit(model, { train, epochs: 2, optimizer: sgd(), accumulateSteps: 2 });
    expect(history.epochs.map(({ step }) => step)).toEqual([3, 6]);
    model.dispose();
  });

  it('clips the norm over all gradients', async () => {
    const model = tinyModel();
    const free = tinyModel();
    const unclipped = await oneUpdate(free, {});
    const clipped = await oneUpdate(model, { clipGradients: { globalNorm: 0.01 } });
    const norm = Math.hypot(...unclipped.flat());
    expect(norm).toBeGreaterThan(0.02);
    expect(Math.hypot(...clipped.flat())).toBeCloseTo(0.01, 6);
    expectClose(
      clipped,
      unclipped.map((values) => values.map((value) => (value * 0.01) / norm)),
      6,
    );
    model.dispose();
    free.dispose();
  });

  it.each([{ globalNorm: 0.01 }, { value: 0.01 }, { adaptive: 0.01 }])(
    'reads no tensor synchronously, which WebGPU does not do safely: %j',
    async (clipGradients) => {
      const model = tinyModel();
      const reads = vi.spyOn(tf.Tensor.prototype, 'dataSync');
      await fit(model, {
        train: memorySource({ exampleCount: 4 }),
        epochs: 1,
        optimizer: sgd({ learningRate: 1 }),
        clipGradients,
      });
      expect(reads).not.toHaveBeenCalled();
      reads.mockRestore();
      model.dispose();
    },
  );

  it('leaves gradients alone whose norm is small enough', async () => {
    const model = tinyModel();
    const free = tinyModel();
    const clipped = await oneUpdate(model, { clipGradients: { globalNorm: 1000 } });
    expect(clipped).toEqual(await oneUpdate(free, {}));
    model.dispose();
    free.dispose();
  });

  it('clips each element of the mean gradient', async () => {
    const model = tinyModel();
    const free = tinyModel();
    const unclipped = await oneUpdate(free, {});
    const clipped = await oneUpdate(model, { clipGradients: { value: 0.005 } });
    expectClose(
      clipped,
      unclipped.map((values) => values.map((value) => Math.max(-0.005, Math.min(0.005, value)))),
      6,
    );
    model.dispose();
    free.dispose();
  });

  it('clips by units all but the last layer', async () => {
    const model = tinyModel();
    const free = tinyModel();
    const kernel = weightValues(model)[0]!;
    const unclipped = await oneUpdate(free, {});
    const clipped = await oneUpdate(model, { clipGradients: { adaptive: 1e-4 } });
    const normOf = (values: number[], filter: number): number =>
      Math.hypot(...values.filter((_, index) => index % 4 === filter));
    [0, 1, 2, 3].forEach((filter) =>
      expect(normOf(clipped[0]!, filter)).toBeCloseTo(1e-4 * normOf(kernel, filter), 7),
    );
    expectClose(clipped.slice(2), unclipped.slice(2), 6);
    model.dispose();
    free.dispose();
  });

  it('refuses two ways of clipping at once', async () => {
    const model = tinyModel();
    await expect(oneUpdate(model, { clipGradients: { value: 1, adaptive: 0.01 } })).rejects.toThrow(
      /one of globalNorm, value and adaptive/,
    );
    model.dispose();
  });

  it('leaves frozen layers as they are', async () => {
    const model = tinyModel();
    model.getLayer('conv').trainable = false;
    const kernelOf = (layer: string): number[] => [...model.getLayer(layer).weights[0]!.read().dataSync()];
    const [frozen, free] = [kernelOf('conv'), kernelOf('predictions')];
    await fit(model, {
      train: memorySource(),
      epochs: 1,
      optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
    });
    expect(kernelOf('conv')).toEqual(frozen);
    expect(kernelOf('predictions')).not.toEqual(free);
    model.dispose();
  });

  it('keeps the constraints of the layers', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.flatten({ inputShape: [4, 4, 3] }),
        tfl.layers.dense({ units: 3, kernelConstraint: tfl.constraints.nonNeg() }),
      ],
    });
    await fit(model, { train: memorySource(), epochs: 2, optimizer: sgd({ learningRate: 0.5 }) });
    expect(Math.min(...weightValues(model)[0]!)).toBe(0);
    model.dispose();
  });
});
