import * as tf from '@tensorflow/tfjs-core';
import type { Batch, BatchSource } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { fit, sgd, type Callback } from '../src';

import { memorySource } from './support/memory-source';
import { tinyModel, weightValues } from './support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** A source whose batches are changed: what `change` returns takes the batch's place. */
function changed(source: BatchSource, change: (batch: Batch) => Partial<Batch>): BatchSource {
  return {
    ...source,
    batches: async function* (request) {
      for await (const batch of source.batches(request)) {
        const parts = change(batch);
        if (parts.images !== undefined) batch.images.dispose();
        if (parts.labels !== undefined) batch.labels.dispose();
        yield { ...batch, ...parts };
      }
    },
  };
}

function recorder(): Callback & { epochs: number[]; steps: number[] } {
  const epochs: number[] = [];
  const steps: number[] = [];
  return {
    name: 'recorder',
    epochs,
    steps,
    onStepEnd: (_run, { step }) => {
      steps.push(step);
    },
    onEpochEnd: (_run, { epoch }) => {
      epochs.push(epoch);
    },
  };
}

describe('a value that is not finite', () => {
  it('in the loss ends the run before the update and names step, rate and layer', async () => {
    const model = tinyModel();
    // Weights of this size overflow float32 in the second of the two layers.
    tf.tidy(() => model.getLayer('conv').setWeights([tf.fill([3, 3, 3, 4], 1e30), tf.zeros([4])]));
    tf.tidy(() => model.getLayer('predictions').setWeights([tf.fill([64, 3], 1e30), tf.zeros([3])]));
    const before = weightValues(model);
    const run = fit(model, { train: memorySource(), epochs: 1, optimizer: sgd({ learningRate: 0.25 }) });
    await expect(run).rejects.toMatchObject({
      code: 'not-finite',
      message: expect.stringMatching(
        /step 1, in epoch 1, is NaN at a learning rate of 0\.25\..*the output of layer 'predictions' \(Dense\)/,
      ) as string,
    });
    expect(weightValues(model)).toEqual(before);
    model.dispose();
  });

  it('in a weight is told from one that comes up in a layer', async () => {
    const model = tinyModel();
    tf.tidy(() => model.getLayer('conv').setWeights([tf.fill([3, 3, 3, 4], Number.NaN), tf.zeros([4])]));
    const run = fit(model, { train: memorySource(), epochs: 1, optimizer: sgd() });
    await expect(run).rejects.toThrow("the weight 'conv/kernel' of layer 'conv' (Conv2D)");
    model.dispose();
  });

  it.each(['pixels', 'labels'] as const)('in the %s is told with the sources', async (what) => {
    const model = tinyModel();
    const train = changed(memorySource({ shuffle: false }), ({ images, labels }) =>
      what === 'pixels'
        ? { images: tf.fill(images.shape, Infinity) }
        : { labels: tf.fill(labels.shape, Number.NaN) },
    );
    const run = fit(model, { train, epochs: 1, optimizer: sgd() });
    await expect(run).rejects.toThrow(
      `the ${what} of the batch itself, which holds picture-0.png, picture-1.png, picture-2.png, ...`,
    );
    model.dispose();
  });

  it('that the last update of an epoch makes ends the run before the epoch is recorded', async () => {
    const model = tinyModel();
    const watch = recorder();
    const run = fit(model, {
      train: memorySource({ exampleCount: 8 }),
      epochs: 2,
      optimizer: sgd(),
      // More than float32 holds.
      schedule: (step) => (step === 1 ? 1e300 : 0.01),
      callbacks: [watch],
    });
    await expect(run).rejects.toThrow(/After step 2.*the weight 'conv\/kernel'/);
    expect(watch.epochs).toEqual([]);
    model.dispose();
  });

  it('leaves no tensor behind', async () => {
    const model = tinyModel();
    const train = changed(memorySource(), ({ images }) => ({ images: tf.fill(images.shape, Number.NaN) }));
    const before = tf.memory().numTensors;
    await expect(fit(model, { train, epochs: 1, optimizer: sgd() })).rejects.toThrow('not finite');
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('is let through where the caller says so', async () => {
    const model = tinyModel();
    const watch = recorder();
    const train = changed(memorySource(), ({ images }) => ({ images: tf.fill(images.shape, Number.NaN) }));
    await fit(model, { train, epochs: 1, optimizer: sgd(), onNotFinite: 'continue', callbacks: [watch] });
    expect(watch.steps).toEqual([1, 2, 3]);
    model.dispose();
  });
});
