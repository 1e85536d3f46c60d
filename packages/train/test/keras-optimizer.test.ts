import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { KerasOptimizer } from '@zoo/weights';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  adam,
  adamW,
  fit,
  fromKerasOptimizer,
  rmsProp,
  sgd,
  toKerasOptimizer,
  type Callback,
  type Optimizer,
} from '../src';

import { memorySource } from './support/memory-source';
import { tinyModel } from './support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** What the run hands to Keras after its last epoch. */
async function trainAndHandOver(
  model: tfl.LayersModel,
  optimizer: Optimizer,
  options?: Parameters<typeof toKerasOptimizer>[1],
): Promise<KerasOptimizer> {
  let handed: KerasOptimizer | undefined;
  const callback: Callback = {
    name: 'handOver',
    onTrainEnd: async (run) => {
      handed = await toKerasOptimizer(run, options);
    },
  };
  await fit(model, { train: memorySource({ shuffle: false }), epochs: 1, optimizer, callbacks: [callback] });
  return handed!;
}

const values = (model: tfl.LayersModel) => model.weights.map((weight) => [...weight.read().dataSync()]);
const keras = {
  className: 'Adam',
  learningRate: 0.1,
  settings: {},
  iterations: 0,
  slots: new Map(),
} as const;

describe('toKerasOptimizer and fromKerasOptimizer', () => {
  it("follow Keras' schedule, the decay of old Keras among them, from the step that it had reached", async () => {
    const learningRate = {
      class_name: 'InverseTimeDecay',
      config: { initial_learning_rate: 0.1, decay_steps: 1, decay_rate: 0.5, staircase: false },
    };
    const model = tinyModel();
    const going = fromKerasOptimizer(model, { ...keras, className: 'SGD', learningRate, iterations: 2 });
    const { epochs } = await fit(model, {
      train: memorySource({ shuffle: false }),
      epochs: 1,
      callbacks: [],
      ...going,
    });
    const lastStep = 2 + memorySource({ shuffle: false }).batchesPerEpoch - 1;
    expect(epochs[0]!.metrics['learningRate']).toBeCloseTo(0.1 / (1 + 0.5 * lastStep), 12);
    model.dispose();
  });

  it('add epsilon outside the root for RMSprop of Keras before 2.11', async () => {
    const options = { rho: 0.5, epsilon: 0.25 };
    const [ours, theirs] = [tinyModel(), tinyModel()];
    theirs.setWeights(ours.getWeights());
    const train = memorySource({ shuffle: false });
    await fit(ours, { train, epochs: 1, optimizer: rmsProp({ ...options, learningRate: 0.1 }) });
    const settings = { ...options, legacyEpsilon: true };
    await fit(theirs, {
      train,
      epochs: 1,
      ...fromKerasOptimizer(theirs, { ...keras, className: 'RMSprop', settings }),
    });
    expect(values(theirs)).toEqual(values(ours));
    ours.dispose();
    theirs.dispose();
  });

  it('refuse rmsProp whose epsilon is outside the root on the way to Keras', async () => {
    const model = tinyModel();
    await expect(trainAndHandOver(model, rmsProp())).rejects.toThrow(/`epsilonInRoot: true`/);
    model.dispose();
  });

  it.each([
    ['sgd', sgd({ learningRate: 0.05 })],
    ['sgd with momentum', sgd({ learningRate: 0.0625, momentum: 0.9, nesterov: true })],
    ['rmsProp', rmsProp({ learningRate: 0.01, momentum: 0.5, centered: true, epsilonInRoot: true })],
    ['adam', adam({ learningRate: 0.01, epsilon: 1e-7, epsilonHat: true })],
    [
      'adamW',
      adamW({ learningRate: 0.01, epsilonHat: true, weightDecay: 0.1, weightDecayFilter: () => true }),
    ],
  ])('go on with %s as a run of twice the length does', async (_, optimizer) => {
    const [whole, halves] = [tinyModel(), tinyModel()];
    const train = memorySource({ shuffle: false });
    await fit(whole, { train, epochs: 2, optimizer });
    const handed = await trainAndHandOver(halves, optimizer);
    expect(handed.iterations).toBe(3);
    await fit(halves, { train, epochs: 1, ...fromKerasOptimizer(halves, handed) });
    for (const [i, row] of values(whole).entries()) {
      row.forEach((value, j) => expect(values(halves)[i]![j]).toBeCloseTo(value, 6));
    }
    whole.dispose();
    halves.dispose();
  });

  it("take the rate out of Keras' momentum, and the next one where a schedule is given", () => {
    const model = tinyModel();
    const slots = new Map([['momentum/conv/bias', { shape: [4], values: Float32Array.of(1, 2, 3, 4) }]]);
    const momentum = {
      ...keras,
      className: 'SGD',
      settings: { momentum: 0.9 },
      iterations: 6,
      slots,
    } as const;
    const { optimizerState, optimizer } = fromKerasOptimizer(model, momentum, (step) =>
      step === 6 ? 0.5 : 1,
    );
    expect([...optimizerState!.slots.get('velocity/conv/bias')!.values]).toEqual([-2, -4, -6, -8]);
    expect(optimizerState!.step).toBe(6);
    expect(optimizer.settings).toMatchObject({ momentum: 0.9, nesterov: false });
    model.dispose();
  });

  it("give Keras' clipping to fit", () => {
    const model = tinyModel();
    const clipped = (settings: object) => fromKerasOptimizer(model, { ...keras, settings }).clipGradients;
    expect(clipped({ clipValue: 0.5 })).toEqual({ value: 0.5 });
    expect(clipped({ globalClipNorm: 2 })).toEqual({ globalNorm: 2 });
    expect(clipped({})).toBeUndefined();
    model.dispose();
  });
});

describe('what one side has and the other lacks', () => {
  it.each([
    ['amsgrad', { ...keras, settings: { amsgrad: true } }],
    ["each gradient's norm", { ...keras, settings: { clipNorm: 1 } }],
    ['decoupled weight decay', { ...keras, className: 'SGD', settings: { weightDecay: 0.1 } }],
  ] as const)('%s of Keras is refused', (what, optimizer) => {
    const model = tinyModel();
    expect(() => fromKerasOptimizer(model, optimizer)).toThrow(what);
    model.dispose();
  });

  it("Keras' schedule wants one of ours in its place, and momentum a rate above 0", () => {
    const model = tinyModel();
    const scheduled = { ...keras, learningRate: { class_name: 'CosineDecay' } };
    expect(() => fromKerasOptimizer(model, scheduled)).toThrow(/in place of Keras' schedule/);
    expect(fromKerasOptimizer(model, scheduled, 0.1).optimizer.learningRate).toBe(0.1);
    const slots = new Map([['momentum/conv/bias', { shape: [4], values: new Float32Array(4) }]]);
    const momentum = { ...keras, className: 'SGD', settings: { momentum: 0.9 }, slots } as const;
    expect(() => fromKerasOptimizer(model, momentum, 0)).toThrow(/rate above 0/);
    model.dispose();
  });

  it.each([
    ['L2 of sgd', sgd({ momentum: 0.9, weightDecay: 1e-4 })],
    ['decay that spares biases', adamW()],
  ])('%s is refused, or left out when told so', async (_, optimizer) => {
    const model = tinyModel();
    await expect(trainAndHandOver(model, optimizer)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('omitWeightDecay') as string,
    });
    const handed = await trainAndHandOver(model, optimizer, { omitWeightDecay: true });
    expect(handed.className).toBe(optimizer.name === 'sgd' ? 'SGD' : 'Adam');
    expect(handed.settings).not.toHaveProperty('weightDecay');
    model.dispose();
  });

  it('state of another model is refused by fit, the weights as they were', async () => {
    const model = tinyModel();
    const before = values(model);
    const slots = new Map([['momentum/other/kernel', { shape: [1], values: new Float32Array(1) }]]);
    const train = memorySource();
    const options = { train, epochs: 1, ...fromKerasOptimizer(model, { ...keras, slots }) };
    await expect(fit(model, options)).rejects.toMatchObject({
      code: 'weights-mismatch',
      message: expect.stringContaining("'firstMoment/conv/kernel' is missing") as string,
    });
    expect(values(model)).toEqual(before);
    model.dispose();
  });
});
