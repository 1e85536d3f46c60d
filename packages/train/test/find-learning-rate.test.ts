import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { findLearningRate, fit, sgd } from '../src';

import { memorySource } from './support/memory-source';
import { tinyModel, weightValues } from './support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const train = memorySource({ exampleCount: 12, batchSize: 6 });

describe('findLearningRate', () => {
  it('suggests a rate that training gets ahead with, and leaves the weights as they were', async () => {
    const model = tinyModel();
    const before = weightValues(model);
    const { curve, suggestion } = await findLearningRate(model, {
      train,
      // A decay this strong makes large rates throw the weights from side to side.
      optimizer: sgd({ momentum: 0.9, weightDecay: 1 }),
      minimum: 1e-5,
      maximum: 100,
      steps: 50,
    });
    expect(weightValues(model)).toEqual(before);
    expect(curve[0]!.learningRate).toBeCloseTo(1e-5, 12);
    // It stops where training falls apart, before the last rate.
    expect(curve.length).toBeLessThan(50);
    const history = await fit(model, {
      train,
      epochs: 5,
      optimizer: sgd({ learningRate: suggestion!, momentum: 0.9 }),
    });
    const losses = history.epochs.map(({ metrics }) => metrics['loss']!);
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    model.dispose();
  });

  it('puts the weights back after an abort too', async () => {
    const model = tinyModel();
    const before = weightValues(model);
    const controller = new AbortController();
    const source = memorySource({
      onBatch: (epoch) => {
        if (epoch === 1) controller.abort(new Error('enough'));
      },
    });
    const finding = findLearningRate(model, { train: source, optimizer: sgd(), signal: controller.signal });
    await expect(finding).rejects.toThrow('enough');
    expect(weightValues(model)).toEqual(before);
    model.dispose();
  });

  it('refuses a range that does not rise', async () => {
    const model = tinyModel();
    const finding = findLearningRate(model, { train, optimizer: sgd(), minimum: 1, maximum: 0.1 });
    await expect(finding).rejects.toThrow(/options.maximum/);
    model.dispose();
  });
});
