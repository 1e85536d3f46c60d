import * as tf from '@tensorflow/tfjs-core';
import { disposeBatch } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { adam, createTrainStep, fit, overfitOneBatch, sgd, type Callback, type Metrics } from '../src';

import { memorySource } from './support/memory-source';
import { tinyModel, weightValues } from './support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('createTrainStep', () => {
  it('makes the very updates of fit, dropout aside, and leaves batches to the caller', async () => {
    const options = {
      optimizer: adam({ learningRate: 0.01 }),
      schedule: (step: number) => 0.01 / (step + 1),
      labelSmoothing: 0.1,
      clipGradients: { globalNorm: 0.5 },
    };
    const train = memorySource();
    const heard: Metrics[] = [];
    const watch: Callback = {
      name: 'watch',
      onStepEnd: (_run, { step, loss, accuracy, examples, learningRate }) => {
        heard.push({ step, loss, accuracy, examples, learningRate });
      },
    };
    const model = tinyModel();
    await fit(model, { ...options, train, epochs: 1, callbacks: [watch] });
    const other = tinyModel();
    const step = createTrainStep(other, options);
    const results: unknown[] = [];
    for await (const batch of train.batches({ epoch: 0 })) {
      results.push(await step.run(batch));
      disposeBatch(batch);
    }
    expect(step.steps).toBe(3);
    step.dispose();
    expect(results).toEqual(heard);
    expect(weightValues(other)).toEqual(weightValues(model));
    model.dispose();
    other.dispose();
  });

  it('makes one update of several batches', async () => {
    const [whole, parts] = [tinyModel(), tinyModel()];
    const optimizer = sgd({ learningRate: 1 });
    await fit(whole, {
      train: memorySource({ exampleCount: 8, batchSize: 8, shuffle: false }),
      epochs: 1,
      optimizer,
    });
    const step = createTrainStep(parts, { optimizer });
    const batches = [];
    for await (const batch of memorySource({ exampleCount: 8, shuffle: false }).batches({ epoch: 0 })) {
      batches.push(batch);
    }
    expect((await step.run(batches)).examples).toBe(8);
    batches.forEach(disposeBatch);
    step.dispose();
    const expected = weightValues(whole);
    weightValues(parts).forEach((row, index) =>
      row.forEach((value, at) => expect(value).toBeCloseTo(expected[index]![at]!, 6)),
    );
    whole.dispose();
    parts.dispose();
  });

  it('refuses labels of other classes, no batch, and a loss that is no number, before the update', async () => {
    const model = tinyModel();
    const before = weightValues(model);
    const step = createTrainStep(model, { optimizer: sgd() });
    const batch = {
      images: tf.fill<tf.Rank.R4>([2, 4, 4, 3], Number.NaN),
      labels: tf.ones<tf.Rank.R2>([2, 4]),
      sources: ['a', 'b'],
    };
    await expect(step.run(batch)).rejects.toThrow(/`batch.labels`/);
    await expect(step.run([])).rejects.toThrow(/a batch/);
    const labels = tf.tensor2d([1, 0, 0, 0, 1, 0], [2, 3]);
    await expect(step.run({ ...batch, labels })).rejects.toThrow(/loss of step 1 is NaN/);
    expect(weightValues(model)).toEqual(before);
    tf.dispose([batch.images, batch.labels, labels]);
    step.dispose();
    model.dispose();
  });
});

describe('overfitOneBatch', () => {
  it('learns a batch by heart and puts the weights back', async () => {
    const model = tinyModel();
    const before = weightValues(model);
    const { isLearnt, curve } = await overfitOneBatch(model, {
      train: memorySource(),
      optimizer: adam({ learningRate: 0.05 }),
    });
    expect(isLearnt).toBe(true);
    expect(curve.length).toBeLessThan(100);
    expect(curve.at(-1)!.loss).toBeLessThan(curve[0]!.loss);
    expect(weightValues(model)).toEqual(before);
    model.dispose();
  });

  it('says so where nothing is learnt', async () => {
    const model = tinyModel();
    const { isLearnt, curve } = await overfitOneBatch(model, {
      ...{ train: memorySource(), optimizer: sgd({ learningRate: 0 }), steps: 3 },
    });
    expect([isLearnt, curve.length]).toEqual([false, 3]);
    model.dispose();
  });

  it('stops at an abort, with the weights as they were', async () => {
    const model = tinyModel();
    const before = weightValues(model);
    const options = {
      train: memorySource(),
      optimizer: sgd(),
      signal: AbortSignal.abort(new Error('enough')),
    };
    await expect(overfitOneBatch(model, options)).rejects.toThrow('enough');
    expect(weightValues(model)).toEqual(before);
    model.dispose();
  });
});
