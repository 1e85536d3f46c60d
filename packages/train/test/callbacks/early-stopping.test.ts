import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { earlyStopping, evaluate, fit, sgd } from '../../src';
import { fakeRun, feed } from '../support/fake-run';
import { memorySource } from '../support/memory-source';
import { tinyModel } from '../support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('earlyStopping', () => {
  it.each([
    ['valLoss', { patience: 2 }, [1, 0.9, 0.95, 0.91, 0.5], 4],
    ['valAccuracy', { monitor: 'val_acc', patience: 1 }, [0.5, 0.6, 0.6, 0.9], 3],
    ['valLoss', { patience: 2, minimumChange: 0.2 }, [1, 0.9, 0.85, 0.1], 3],
    ['valLoss', { patience: 1, startEpoch: 3 }, [1, 2, 3, 4, 3, 3.5, 1], 6],
    ['valLoss', { patience: 2 }, [Number.NaN, Number.NaN, 1], 2],
  ] as const)('watches %s with %o', async (metric, options, values, epochs) => {
    const callback = earlyStopping(options);
    const run = fakeRun(['loss', 'valLoss', 'valAccuracy']);
    await callback.onTrainBegin?.(run);
    expect(await feed(callback, run, metric, values)).toHaveLength(epochs);
    expect(run.stopReason).toMatch(/^earlyStopping: /);
  });

  it('ends with the weights of the best epoch, and says why it stopped', async () => {
    const model = tinyModel();
    const validation = memorySource({ seed: 2 });
    const history = await fit(model, {
      train: memorySource(),
      validation,
      epochs: 30,
      // Climbs again after two epochs.
      optimizer: sgd({ learningRate: (step) => (step < 6 ? 0.05 : 20) }),
      callbacks: [earlyStopping({ patience: 2, restoreBest: true })],
    });
    const losses = history.epochs.map(({ metrics }) => metrics['valLoss']!);
    const best = Math.min(...losses.filter(Number.isFinite));
    expect(history.stopReason).toBe('earlyStopping: valLoss has not become better for 2 epochs');
    expect(losses.at(-1)).not.toBe(best);
    expect((await evaluate(model, validation)).loss).toBeCloseTo(best, 6);
    model.dispose();
  });

  it('refuses a metric that the run has not, before any training', async () => {
    const model = tinyModel();
    const run = fit(model, {
      train: memorySource(),
      epochs: 1,
      optimizer: sgd(),
      callbacks: [earlyStopping()],
    });
    await expect(run).rejects.toThrow(/loss, accuracy, learningRate.*need `validation`/);
    model.dispose();
  });
});
