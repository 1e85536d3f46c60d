import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { adam, fit, sgd, type Callback, type FitOptions, type TrainingState } from '../src';

import { memorySource } from './support/memory-source';
import { tinyModel, weightValues } from './support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const train = memorySource();
const perEpoch = train.batchesPerEpoch;

/** Epochs, and rates of the steps, as callbacks see them; the state at the end of epoch `capture`. */
async function watched(options: Omit<FitOptions, 'train' | 'callbacks'>, capture?: number) {
  const model = tinyModel();
  const epochs: number[] = [];
  const rates: number[] = [];
  let state: TrainingState | undefined;
  const watch: Callback = {
    name: 'watch',
    onStepEnd: (_run, { learningRate }) => void rates.push(learningRate),
    onEpochSettled: async (run, { epoch }) => {
      epochs.push(epoch);
      if (epoch === capture) state = await run.captureState();
    },
  };
  try {
    const history = await fit(model, { train, callbacks: [watch], ...options });
    return { epochs, rates, history, weights: weightValues(model), state };
  } finally {
    model.dispose();
  }
}

describe('initialEpoch', () => {
  it('goes on after the epochs that are done: their data, rates and numbers', async () => {
    const schedule = (step: number): number => 1e-3 * (step + 1);
    const optimizer = sgd();
    const { epochs, rates, history } = await watched({ epochs: 4, initialEpoch: 2, optimizer, schedule });
    expect(epochs).toEqual([2, 3]);
    expect(rates[0]).toBe(schedule(2 * perEpoch));
    expect(history.epochs.at(-1)!.step).toBe(4 * perEpoch);
  });

  it.each([
    ['', {}],
    [
      ' thawed',
      {
        freezing: [
          { fromEpoch: 0, frozen: 'conv' },
          { fromEpoch: 3, frozen: null },
        ],
      },
    ],
  ])('counts a fresh optimizer from its first update%s', async (_, more) => {
    const shared = { optimizer: adam({ learningRate: 1e-3 }), ...more };
    const model = tinyModel();
    const before = weightValues(model)[2]!;
    model.dispose();
    const short = memorySource({ exampleCount: 4 });
    const one = tinyModel();
    await fit(one, { train: short, epochs: 3, initialEpoch: 2, ...shared });
    // The first step of Adam is one learning rate long where there is a gradient at all.
    const after = weightValues(one)[2]!;
    one.dispose();
    const moved = after
      .map((value, index) => Math.abs(value - before[index]!))
      .filter((change) => change > 0);
    expect(moved.length).toBeGreaterThan(after.length / 3);
    moved.forEach((change) => expect(change).toBeCloseTo(1e-3, 5));
  });

  it('stays with a run that is resumed, bit for bit', async () => {
    const shared = {
      epochs: 5,
      initialEpoch: 2,
      optimizer: adam(),
      freezing: [
        { fromEpoch: 0, frozen: 'conv' },
        { fromEpoch: 3, frozen: null },
      ],
    };
    const whole = await watched(shared, 3);
    const resumed = await watched({ ...shared, resume: whole.state! });
    expect(resumed.epochs).toEqual([4]);
    expect(resumed.weights).toEqual(whole.weights);
    await expect(watched({ ...shared, initialEpoch: 1, resume: whole.state! })).rejects.toThrow(
      '`initialEpoch` was 2 and is 1',
    );
  });

  it('leaves an epoch to train, and the place to an optimizer’s state that has one', async () => {
    const shared = { epochs: 2, optimizer: sgd() };
    await expect(watched({ ...shared, initialEpoch: 2 })).rejects.toThrow('options.initialEpoch');
    const optimizerState = { step: 3, slots: new Map() };
    await expect(watched({ ...shared, initialEpoch: 1, optimizerState })).rejects.toThrow(
      '0 beside optimizerState',
    );
  });
});
