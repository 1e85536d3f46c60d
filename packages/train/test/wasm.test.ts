import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS, hasFusedKernel } from '@zoo/core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { adamW, fit, sgd, type Callback, type FitOptions, type TrainingState } from '../src';

import { memorySource } from './support/memory-source';
import { tinyModel, weightValues } from './support/tiny-model';

let engine: SelectedEngine;

beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm', purpose: 'train' });
});

afterAll(() => engine.dispose());

async function train(options: Partial<FitOptions>): Promise<number[][]> {
  const model = tinyModel({ dropRate: 0.2 });
  await fit(model, { train: memorySource(), epochs: 3, optimizer: sgd(), ...options });
  const values = weightValues(model);
  model.dispose();
  return values;
}

describe('on the wasm engine with fused updates', () => {
  it.each([
    ['sgd', sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 })],
    ['adamW', adamW({ learningRate: 0.01, weightDecay: 0.1 })],
  ])('%s gives what the cpu engine gives', async (_name, optimizer) => {
    expect(hasFusedKernel(FUSED_KERNELS.sgdUpdate)).toBe(true);
    const fused = await train({ optimizer });
    await tf.setBackend('cpu');
    const stock = await train({ optimizer });
    await tf.setBackend('wasm');
    fused.forEach((values, index) =>
      values.forEach((value, at) => expect(value).toBeCloseTo(stock[index]![at]!, 4)),
    );
  });

  it('goes on bit for bit from a state in mid-epoch', async () => {
    const optimizer = adamW({ learningRate: 0.01 });
    let state: TrainingState | undefined;
    const capture: Callback = {
      name: 'capture',
      onStepEnd: async (run, { step }) => {
        if (step === 4) state = await run.captureState();
      },
    };
    const unbroken = await train({ optimizer, callbacks: [capture] });
    expect(await train({ optimizer, resume: state! })).toEqual(unbroken);
  });

  it('leaves the tensors alone that a model was set from', async () => {
    const model = tinyModel();
    const given = model.getWeights().map((weight) => tf.add(weight, 1));
    const before = given.map((tensor) => [...tensor.dataSync()]);
    model.setWeights(given);
    await fit(model, {
      train: memorySource(),
      epochs: 1,
      optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
    });
    expect(given.map((tensor) => [...tensor.dataSync()])).toEqual(before);
    expect(weightValues(model)).not.toEqual(before);
    tf.dispose(given);
    model.dispose();
  });
});
