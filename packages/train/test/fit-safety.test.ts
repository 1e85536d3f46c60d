import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { adamW, fit, sgd, type Callback, type FitOptions } from '../src';

import { memorySource } from './support/memory-source';
import { tinyModel, weightValues } from './support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });

describe('fit', () => {
  it('holds as many tensors at the end of each step as at the first one', async () => {
    const model = tinyModel({ dropRate: 0.2 });
    const counts: number[] = [];
    const counting: Callback = {
      name: 'counting',
      onStepEnd: () => {
        counts.push(tf.memory().numTensors);
      },
    };
    await fit(model, {
      train: memorySource(),
      validation: memorySource({ seed: 2 }),
      epochs: 3,
      optimizer: adamW(),
      labelSmoothing: 0.1,
      clipGradients: { globalNorm: 1 },
      callbacks: [counting],
    });
    expect(new Set(counts).size).toBe(1);
    model.dispose();
  });

  const failures: Record<string, Partial<FitOptions>> = {
    'a source that fails': {
      train: memorySource({
        onBatch: (_epoch, batch) => {
          if (batch === 1) throw new Error('broken');
        },
      }),
      accumulateSteps: 2,
    },
    'a callback that fails': {
      callbacks: [
        {
          name: 'failing',
          onStepEnd: () => {
            throw new Error('broken');
          },
        },
      ],
    },
    'a validation source that fails': {
      validation: memorySource({
        onBatch: () => {
          throw new Error('broken');
        },
      }),
    },
    'an abort': { signal: AbortSignal.abort(new Error('broken')) },
  };

  it.each(Object.entries(failures))('frees everything after %s', async (_name, options) => {
    const model = tinyModel();
    const before = tf.memory().numTensors;
    await expect(fit(model, { train: memorySource(), epochs: 2, optimizer, ...options })).rejects.toThrow(
      'broken',
    );
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('calls onSettled of every callback after an error', async () => {
    const model = tinyModel();
    const settled: string[] = [];
    const callbacks = ['first', 'second'].map((name): Callback => ({
      name,
      onStepEnd: () => {
        if (name === 'second') throw new Error('broken');
      },
      onSettled: () => {
        settled.push(name);
      },
    }));
    await expect(fit(model, { train: memorySource(), epochs: 1, optimizer, callbacks })).rejects.toThrow(
      'broken',
    );
    expect(settled).toEqual(['first', 'second']);
    model.dispose();
  });

  it('rejects with the reason of the signal and makes no further update', async () => {
    const model = tinyModel();
    const controller = new AbortController();
    const steps: number[] = [];
    const callbacks: Callback[] = [
      {
        name: 'aborting',
        onStepEnd: (_run, { step }) => {
          steps.push(step);
          if (step === 2) controller.abort();
        },
      },
    ];
    const run = fit(model, {
      train: memorySource(),
      epochs: 2,
      optimizer,
      callbacks,
      signal: controller.signal,
    });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(steps).toEqual([1, 2]);
    model.dispose();
  });

  it('lets timers through while it trains', async () => {
    const model = tinyModel();
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Error('timer')), 30);
    const run = fit(model, { train: memorySource(), epochs: 100_000, optimizer, signal: controller.signal });
    await expect(run).rejects.toThrow('timer');
    clearTimeout(timer);
    model.dispose();
  });

  it.each([
    ['no epochs', { epochs: 0 }, /options.epochs/],
    ['a misspelt option', { labelSmoothin: 0.1 }, /Did you mean 'labelSmoothing'/],
    [
      'other classes than the source',
      { train: memorySource({ classes: 4 }) },
      /options.train.classNames.*classes: 4/,
    ],
    [
      'validation classes in another order',
      { validation: { ...memorySource(), classNames: ['pilot', 'judge', 'cook'] } },
      /cook, judge, pilot,.*`options.validation.classNames`/,
    ],
    ['class weights of another length', { classWeights: [1, 2] }, /3 numbers/],
    [
      'both ways of clipping',
      { clipGradients: { globalNorm: 1, value: 1 } },
      /one of globalNorm, value and adaptive/,
    ],
    ['two callbacks of one name', { callbacks: [{ name: 'same' }, { name: 'same' }] }, /distinct names/],
    ['all labels smoothed away', { labelSmoothing: 1 }, /labelSmoothing/],
  ])('refuses %s and changes nothing', async (_name, options, message) => {
    const model = tinyModel();
    const before = weightValues(model);
    await expect(fit(model, { train: memorySource(), epochs: 1, optimizer, ...options })).rejects.toThrow(
      message,
    );
    expect(weightValues(model)).toEqual(before);
    model.dispose();
  });
});
