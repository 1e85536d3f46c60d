import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { fit, learningRateSchedule, reduceLearningRateOnPlateau, sgd } from '../../src';
import { fakeRun, feed } from '../support/fake-run';
import { memorySource } from '../support/memory-source';
import { tinyModel } from '../support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const close = (values: number[]): number[] => values.map((value) => expect.closeTo(value, 9) as number);

describe('reduceLearningRateOnPlateau', () => {
  it.each([
    [
      'after patience is over',
      { patience: 2, factor: 0.5 },
      [1, 1, 1, 1, 1, 0.5],
      [0.1, 0.1, 0.05, 0.05, 0.025, 0.025],
    ],
    [
      'not while it cools down',
      { patience: 1, factor: 0.5, cooldown: 2 },
      [1, 1, 1, 1, 1],
      [0.1, 0.05, 0.05, 0.025, 0.025],
    ],
    [
      'never below the minimum',
      { patience: 1, factor: 0.1, minimumLearningRate: 0.05 },
      [1, 1, 1],
      [0.1, 0.05, 0.05],
    ],
  ])('lowers the rate %s', async (_name, options, values, rates) => {
    const callback = reduceLearningRateOnPlateau(options);
    const run = fakeRun(['valLoss']);
    await callback.onTrainBegin?.(run);
    expect(await feed(callback, run, 'valLoss', values)).toEqual(close(rates));
  });

  it('goes on where its saved state was', async () => {
    const [first, second] = [1, 1].map(() => reduceLearningRateOnPlateau({ patience: 2, factor: 0.5 }));
    const run = fakeRun(['valLoss']);
    await feed(first!, run, 'valLoss', [1, 1]);
    second!.loadState!(first!.saveState!());
    expect(await feed(second!, run, 'valLoss', [1])).toEqual(close([0.05]));
  });
});

describe('learningRateSchedule', () => {
  it('sets the rate of each epoch from its number and the rate before', async () => {
    const model = tinyModel();
    const history = await fit(model, {
      train: memorySource(),
      epochs: 3,
      optimizer: sgd({ learningRate: 0.08 }),
      callbacks: [learningRateSchedule((epoch, rate) => (epoch === 0 ? rate : rate / 2))],
    });
    expect(history.epochs.map(({ metrics }) => metrics['learningRate'])).toEqual([0.08, 0.04, 0.02]);
    model.dispose();
  });
});
