import * as tf from '@tensorflow/tfjs-core';
import { modelMetadata, PIXEL_NORMALIZATIONS, setModelMetadata } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { adamW, evaluate, fit, sgd } from '../src';

import { memorySource } from './support/memory-source';
import { tinyModel, weightValues } from './support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('fit', () => {
  it('writes into the model what its classes are called and how pictures are read, before the first step', async () => {
    const model = tinyModel();
    setModelMetadata(model, { architecture: 'tiny', preprocessing: { aspect: 'pad' } });
    const preprocessing = { imageSize: [4, 4], normalization: PIXEL_NORMALIZATIONS.torch } as const;
    let atBegin: unknown;
    await fit(model, {
      train: { ...memorySource(), preprocessing },
      epochs: 1,
      optimizer: sgd({ learningRate: 0.1 }),
      callbacks: [{ name: 'look', onTrainBegin: () => void (atBegin = modelMetadata(model)) }],
    });
    expect(atBegin).toEqual({
      architecture: 'tiny',
      classNames: ['cook', 'judge', 'pilot'],
      preprocessing: { ...preprocessing, aspect: 'pad' },
    });
    model.dispose();
  });

  it('learns a batch by heart', async () => {
    const model = tinyModel();
    const train = memorySource({ exampleCount: 6, batchSize: 6 });
    const history = await fit(model, {
      train,
      epochs: 30,
      optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
    });
    const evaluation = await evaluate(model, train);
    expect(history.epochs).toHaveLength(30);
    expect(evaluation.accuracy).toBe(1);
    expect(evaluation.loss).toBeLessThan(0.05);
    model.dispose();
  });

  it('trains and measures a head of one unit as two classes', async () => {
    const model = tinyModel({ classes: 1, activation: 'sigmoid' });
    const train = memorySource({ exampleCount: 8, batchSize: 8, classes: 2 });
    const before = await evaluate(model, train);
    await fit(model, { train, epochs: 40, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) });
    const after = await evaluate(model, train);
    expect(after.accuracy).toBe(1);
    expect(after.loss).toBeLessThan(before.loss / 2);
    expect(after.predictions[0]!.probabilities).toHaveLength(2);
    model.dispose();
  });

  it('gives the same weights and history twice from one seed, dropout included', async () => {
    const runs = [];
    for (let run = 0; run < 2; run++) {
      const model = tinyModel({ dropRate: 0.5 });
      const history = await fit(model, {
        train: memorySource(),
        validation: memorySource({ seed: 2 }),
        epochs: 2,
        seed: 3,
        optimizer: adamW({ learningRate: 0.01 }),
      });
      runs.push({ weights: weightValues(model), metrics: history.epochs.map(({ metrics }) => metrics) });
      model.dispose();
    }
    expect(runs[1]).toEqual(runs[0]);
  });

  it('measures the top classes in validation if it is asked to', async () => {
    const model = tinyModel();
    const validation = memorySource({ seed: 2, exampleCount: 7 });
    const history = await fit(model, {
      train: memorySource(),
      validation,
      topK: 2,
      epochs: 1,
      optimizer: sgd(),
    });
    const { topKAccuracy } = await evaluate(model, validation, { topK: 2 });
    expect(history.epochs[0]!.metrics['valTop2Accuracy']).toBe(topKAccuracy);
    model.dispose();
  });

  it('measures validation after every epoch as evaluate does', async () => {
    const model = tinyModel();
    const validation = memorySource({ seed: 2, exampleCount: 7 });
    const history = await fit(model, {
      train: memorySource(),
      validation,
      epochs: 2,
      optimizer: sgd({ learningRate: 0.05 }),
    });
    const evaluation = await evaluate(model, validation);
    expect(Object.keys(history.epochs[0]!.metrics)).toEqual([
      'loss',
      'accuracy',
      'learningRate',
      'valLoss',
      'valAccuracy',
    ]);
    expect(history.epochs[1]!.metrics['valLoss']).toBeCloseTo(evaluation.loss, 6);
    expect(history.epochs[1]!.metrics['valAccuracy']).toBe(evaluation.accuracy);
    model.dispose();
  });
});
