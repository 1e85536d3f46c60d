import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { evaluate, fit, sgd, type Callback, type FitOptions } from '../src';
import { checkpoint, loadBestWeights, loadCheckpoint } from '../src/node';

import { memorySource } from './support/memory-source';
import { tinyModel, weightValues } from './support/tiny-model';

const place = temporaryDirectory();

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const validation = memorySource({ seed: 2 });
const options: FitOptions = {
  train: memorySource(),
  validation,
  epochs: 2,
  optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
  averageWeights: { decay: 0.6 },
};

describe('averageWeights', () => {
  it('ends with the moving average of what the steps made', async () => {
    const model = tinyModel();
    let expected = weightValues(model);
    const average: Callback = {
      name: 'average',
      onStepEnd: (run, { step }) => {
        const kept = Math.min(0.6, (1 + step) / (10 + step));
        const values = weightValues(run.model);
        expected = expected.map((row, index) =>
          row.map((old, at) => kept * old + (1 - kept) * values[index]![at]!),
        );
      },
    };
    await fit(model, { ...options, callbacks: [average] });
    weightValues(model).forEach((row, index) =>
      row.forEach((value, at) => expect(value).toBeCloseTo(expected[index]![at]!, 5)),
    );
    model.dispose();
  });

  it('measures the averages in validation and keeps them as the best epoch', async () => {
    const directory = place();
    const model = tinyModel();
    const history = await fit(model, {
      ...options,
      callbacks: [checkpoint({ directory, monitor: 'valLoss' })],
    });
    expect((await evaluate(model, validation)).loss).toBeCloseTo(history.epochs[1]!.metrics['valLoss']!, 6);
    const best = await loadBestWeights(directory, model);
    expect((await evaluate(model, validation)).loss).toBeCloseTo(best.metrics['valLoss']!, 6);
    model.dispose();
  });

  it('goes on bit for bit after an abort', async () => {
    const unbroken = tinyModel();
    await fit(unbroken, options);
    const directory = place();
    const controller = new AbortController();
    const aborting: Callback = {
      name: 'aborting',
      onStepEnd: (_run, { step }) => {
        if (step === 4) controller.abort(new Error('enough'));
      },
    };
    const model = tinyModel();
    const callbacks = [checkpoint({ directory }), aborting];
    await expect(fit(model, { ...options, callbacks, signal: controller.signal })).rejects.toThrow('enough');
    await fit(model, { ...options, resume: await loadCheckpoint(directory, model) });
    expect(weightValues(model)).toEqual(weightValues(unbroken));
    model.dispose();
    unbroken.dispose();
  });
});
