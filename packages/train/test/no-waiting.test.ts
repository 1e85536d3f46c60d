import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { batchNormalization } from '@zoo/core';
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
  type DistributedOptions,
  type FitOptions,
} from '../src';
import { oneProcess, type Communicator } from '../src/distributed';

import { IMAGE_SHAPE, memorySource } from './support/memory-source';
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

/** Ranks of which this process is the first, and the others have nothing to add. */
const alone = (size: number): Communicator => ({ ...oneProcess(), size });

/** Two layers of batch normalisation. */
function normalizedModel(): tfl.LayersModel {
  const input = tfl.input({ shape: [...IMAGE_SHAPE] });
  let x = input;
  for (const name of ['first', 'second']) {
    x = tfl.layers
      .conv2d({ filters: 4, kernelSize: 3, padding: 'same', name })
      .apply(x) as tfl.SymbolicTensor;
    x = batchNormalization({ name: `${name}_bn` }).apply(x) as tfl.SymbolicTensor;
  }
  const output = tfl.layers
    .dense({ units: 3, activation: 'softmax' })
    .apply(tfl.layers.globalAveragePooling2d({}).apply(x));
  return tfl.model({ inputs: input, outputs: output as tfl.SymbolicTensor });
}

/** Updates of an epoch of {@link memorySource}. */
const STEPS = memorySource().batchesPerEpoch;

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

  describe('in ranks', () => {
    const onRanks = async (model: tfl.LayersModel, how: Partial<DistributedOptions> = {}) => {
      const waited = reads();
      const distributed = { communicator: alone(2), ...how };
      await fit(model, { train: memorySource(), epochs: 1, optimizer: sgd({ momentum: 0.9 }), distributed });
      return waited.mock.calls.length;
    };

    it('where gradients leave at the end of the backward pass', async () => {
      const model = tinyModel({});
      expect(await onRanks(model, { overlap: false })).toBe(0);
      expect(await onRanks(model, { exchangeType: 'bfloat16' })).toBe(0);
      expect(await onRanks(model, { exchangeType: 'float16' })).toBe(0);
      model.dispose();
    });

    it('on a graphics card, from which gradients do not leave early', async () => {
      const model = tinyModel({});
      Object.assign(tf.backend(), { isUsingGpuDevice: true });
      expect(
        await onRanks(model).finally(() => Reflect.deleteProperty(tf.backend(), 'isUsingGpuDevice')),
      ).toBe(0);
      model.dispose();
    });

    it('but for gradients that leave early, of an engine that has them in memory, once each', async () => {
      const model = tinyModel({});
      expect(await onRanks(model)).toBe(STEPS * model.trainableWeights.length);
      model.dispose();
    });

    it('but for sums of batch normalisation over ranks, once forward and once backward', async () => {
      const model = normalizedModel();
      expect(await onRanks(model, { overlap: false, syncBatchNorm: true })).toBe(STEPS * 2 * 2);
      model.dispose();
    });
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
