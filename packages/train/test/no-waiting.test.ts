import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import {
  adamW,
  createTrainStep,
  evaluate,
  fit,
  lookahead,
  predict,
  reduceLearningRateOnPlateau,
  scheduleFreeAdamW,
  sgd,
  type FitOptions,
} from '../src';

import { memorySource } from './support/memory-source';
import { tinyModel } from './support/tiny-model';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => {
  vi.restoreAllMocks();
});

const VARIED: Readonly<Record<string, Partial<FitOptions>>> = {
  'as it is': {},
  'validated, with top-k': { validation: memorySource({ seed: 2 }), topK: 2 },
  'clipped by norm': { clipGradients: { globalNorm: 0.1 } },
  'clipped by each weight': { clipGradients: { adaptive: 0.01 } },
  'accumulated, averaged': { accumulateSteps: 2, averageWeights: { decay: 0.9 } },
  'with its activations computed again': { recomputeActivations: true },
  'with AdamW': { optimizer: adamW() },
  'with lookahead': { optimizer: lookahead(sgd({ momentum: 0.9 })) },
  'schedule-free': { optimizer: scheduleFreeAdamW() },
  'slowed on plateaus': {
    callbacks: [reduceLearningRateOnPlateau({ monitor: 'loss' })],
  },
};

/** A read that waits empties a graphics card's queue, or is refused there. */
describe('nothing waits for the engine', () => {
  const reads = () => vi.spyOn(tf.engine(), 'readSync');

  it.each(Object.entries(VARIED))('in fit %s', async (_name, options) => {
    const model = tinyModel({});
    const waited = reads();
    await fit(model, { train: memorySource(), epochs: 2, optimizer: sgd({ momentum: 0.9 }), ...options });
    model.dispose();
    expect(waited).not.toHaveBeenCalled();
  });

  it('in a step of a loop of your own', async () => {
    const model = tinyModel({});
    const step = createTrainStep(model, { optimizer: sgd() });
    const waited = reads();
    for await (const batch of memorySource().batches({ epoch: 0 })) {
      await step.run(batch);
      tf.dispose([batch.images, batch.labels]);
    }
    step.dispose();
    model.dispose();
    expect(waited).not.toHaveBeenCalled();
  });

  it('in evaluate and predict', async () => {
    const model = tinyModel({});
    const waited = reads();
    await evaluate(model, memorySource());
    expect(await predict(model, memorySource())).toHaveLength(10);
    model.dispose();
    expect(waited).not.toHaveBeenCalled();
  });

  it('unless a read is made, which the test sees', () => {
    const waited = reads();
    tf.tidy(() => tf.add(1, 1).dataSync());
    expect(waited).toHaveBeenCalledOnce();
  });
});
