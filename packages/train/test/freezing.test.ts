import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { batchNormalization } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { adam, fit, layerDecay, sgd, type Callback, type FitOptions, type TrainingState } from '../src';

import { IMAGE_SHAPE, memorySource } from './support/memory-source';
import { tinyModel, weightValues } from './support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function withBatchNorm(seed = 7): tfl.LayersModel {
  const kernelInitializer = tfl.initializers.glorotUniform({ seed });
  const input = tfl.input({ shape: [...IMAGE_SHAPE] });
  const layers = [
    tfl.layers.conv2d({ filters: 4, kernelSize: 3, kernelInitializer, name: 'conv' }),
    batchNormalization({ name: 'norm' }),
    tfl.layers.flatten({ name: 'flat' }),
    tfl.layers.dense({ units: 3, activation: 'softmax', kernelInitializer, name: 'predictions' }),
  ];
  const outputs = layers.reduce<tfl.SymbolicTensor>(
    (value, layer) => layer.apply(value) as tfl.SymbolicTensor,
    input,
  );
  return tfl.model({ inputs: input, outputs });
}

/** Names of the layers that are frozen; one that holds an input is so from the first. */
const frozenLayers = ({ layers }: tfl.LayersModel): string[] =>
  layers.filter((layer) => layer.getClassName() !== 'InputLayer' && !layer.trainable).map(({ name }) => name);

const named = (model: tfl.LayersModel): Record<string, number[]> =>
  Object.fromEntries(
    model.weights.map((weight) => [weight.originalName, [...weight.read().dataSync()]] as const),
  );

const freezing: FitOptions['freezing'] = [
  { fromEpoch: 0, frozen: 'norm' },
  { fromEpoch: 2, frozen: null },
];

describe('freezing', () => {
  it('trains the head alone, averages of batch norms left as they are, and then all layers', async () => {
    const model = withBatchNorm();
    const epochs: Record<string, number[]>[] = [named(model)];
    const watch: Callback = {
      name: 'watch',
      onEpochEnd: (run) => {
        epochs.push(named(run.model));
      },
    };
    const optimizer = sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.01 });
    await fit(model, { train: memorySource(), epochs: 3, optimizer, freezing, callbacks: [watch] });
    const [start, , second, third] = epochs;
    for (const [name, values] of Object.entries(start!)) {
      if (name.startsWith('predictions')) expect(second![name]).not.toEqual(values);
      else expect(second![name]).toEqual(values);
      expect(third![name], name).not.toEqual(second![name]);
    }
    expect(frozenLayers(model)).toEqual([]);
    model.dispose();
  });

  it('begins to count an optimizer’s steps when a layer is thawed, as PyTorch does', async () => {
    const model = tinyModel();
    const kernel = (): number[] => [...model.getLayer('conv').weights[0]!.read().dataSync()];
    const before = kernel();
    const train = memorySource({ exampleCount: 4 });
    await fit(model, {
      ...{ train, epochs: 4, optimizer: adam({ learningRate: 1e-3 }) },
      freezing: [
        { fromEpoch: 0, frozen: 'conv' },
        { fromEpoch: 3, frozen: null },
      ],
    });
    // The first step of Adam is one learning rate long, whatever the gradient.
    kernel().forEach((value, index) => {
      const moved = Math.abs(value - before[index]!);
      if (moved > 1e-5) expect(moved).toBeCloseTo(1e-3, 5);
    });
    expect(kernel()).not.toEqual(before);
    model.dispose();
  });

  it.each([3, 6, 7, 8])('resumes bit for bit from step %i, of 9', async (step) => {
    const options: FitOptions = {
      ...{ train: memorySource(), epochs: 3, optimizer: adam({ learningRate: 0.01 }), freezing },
      learningRateFactors: ({ name }) => (name.startsWith('conv') ? 0.5 : 1),
    };
    const states: TrainingState[] = [];
    const keep: Callback = {
      name: 'keep',
      onStepSettled: async (run, record) => {
        if (record.step === step) states.push(await run.captureState());
      },
    };
    const model = withBatchNorm();
    await fit(model, { ...options, callbacks: [keep] });
    const resumed = withBatchNorm(99);
    await fit(resumed, { ...options, resume: states[0]! });
    expect(weightValues(resumed)).toEqual(weightValues(model));
    model.dispose();
    resumed.dispose();
  });

  it('gives the same weights where activations are computed again', async () => {
    const options: FitOptions = {
      train: memorySource(),
      epochs: 3,
      optimizer: sgd({ learningRate: 0.05 }),
      freezing,
    };
    const model = withBatchNorm();
    await fit(model, options);
    const again = withBatchNorm();
    await fit(again, { ...options, recomputeActivations: true });
    const expected = weightValues(model);
    weightValues(again).forEach((row, index) =>
      row.forEach((value, at) => expect(value).toBeCloseTo(expected[index]![at]!, 6)),
    );
    model.dispose();
    again.dispose();
  });

  it('leaves flags as they were when the run fails', async () => {
    const model = tinyModel();
    model.getLayer('drop').trainable = false;
    const failing: Callback = {
      name: 'failing',
      onStepEnd: () => {
        throw new Error('enough');
      },
    };
    const options = { train: memorySource(), epochs: 1, optimizer: sgd(), callbacks: [failing] };
    await expect(fit(model, { ...options, freezing: [{ fromEpoch: 0, frozen: 'conv' }] })).rejects.toThrow(
      'enough',
    );
    expect(frozenLayers(model)).toEqual(['drop']);
    expect(model.getLayer('conv').trainableWeights).toHaveLength(2);
    model.dispose();
  });

  it.each([
    [[], /an array of \{ fromEpoch, frozen \}/],
    [[{ fromEpoch: 1, frozen: null }], /the first has fromEpoch: 0/],
    [
      [
        { fromEpoch: 0, frozen: null },
        { fromEpoch: 0, frozen: 'conv' },
      ],
      /an epoch after 0/,
    ],
    [[{ fromEpoch: 0, frozen: 'stage9' }], /the name of a layer of 'tiny'/],
    [[{ fromEpoch: 0, frozen: 'predictions' }], /something left to train/],
  ])('refuses %j', async (phases, message) => {
    const model = tinyModel();
    await expect(
      fit(model, { train: memorySource(), epochs: 1, optimizer: sgd(), freezing: phases }),
    ).rejects.toThrow(message);
    expect(frozenLayers(model)).toEqual([]);
    model.dispose();
  });
});

describe('learningRateFactors', () => {
  it('scale the step of each weight', async () => {
    const change = async (options: Partial<FitOptions>): Promise<number[][]> => {
      const model = tinyModel();
      const before = weightValues(model);
      const train = memorySource({ exampleCount: 4 });
      await fit(model, { train, epochs: 1, optimizer: sgd({ learningRate: 0.5 }), ...options });
      const moved = weightValues(model).map((row, index) =>
        row.map((value, at) => value - before[index]![at]!),
      );
      model.dispose();
      return moved;
    };
    const plain = await change({});
    const scaled = await change({ learningRateFactors: ({ name }) => (name === 'conv/kernel' ? 0.25 : 1) });
    plain.forEach((row, index) =>
      row.forEach((value, at) => expect(scaled[index]![at]).toBeCloseTo(value * (index === 0 ? 0.25 : 1), 6)),
    );
  });

  it('are refused where one is no number', async () => {
    const model = tinyModel();
    await expect(
      fit(model, {
        ...{ train: memorySource(), epochs: 1, optimizer: sgd() },
        learningRateFactors: () => Number.NaN,
      }),
    ).rejects.toThrow(/`options.learningRateFactors of 'conv\/kernel'`/);
    model.dispose();
  });
});

/** A model whose layers have these names, each a kernel but for norms. */
function chain(names: readonly string[]): tfl.LayersModel {
  const input = tfl.input({ shape: [4, 4, 2] });
  const output = names.reduce<tfl.SymbolicTensor>(
    (value, name) =>
      (name.endsWith('bn')
        ? batchNormalization({ name })
        : tfl.layers.conv2d({ filters: 2, kernelSize: 1, name })
      ).apply(value) as tfl.SymbolicTensor,
    input,
  );
  return tfl.model({ inputs: input, outputs: output });
}

describe('layerDecay', () => {
  it('has a factor for the stem, each residual block and the head, as timm', () => {
    const names = ['conv1_conv', 'conv1_bn', 'conv2_conv', 'conv2_block1_1_conv', 'conv2_block1_1_bn'];
    const model = chain([...names, 'conv2_block2_1_conv', 'predictions']);
    const factorOf = layerDecay(model, { factor: 0.5 });
    const factors = [...names, 'conv2_block2_1_conv', 'predictions'].map((layer) =>
      factorOf({ name: `${layer}/${layer.endsWith('bn') ? 'gamma' : 'kernel'}`, shape: [1, 1] }),
    );
    expect(factors).toEqual([0.125, 0.125, 0.125, 0.25, 0.25, 0.5, 1]);
    model.dispose();
  });

  it('has one for each kernel with what follows in a model without blocks', () => {
    const model = chain(['first', 'first_bn', 'second']);
    const factorOf = layerDecay(model, { factor: 0.1 });
    expect(factorOf({ name: 'first_bn/beta', shape: [2] })).toBeCloseTo(0.1, 12);
    expect(factorOf({ name: 'second/bias', shape: [2] })).toBe(1);
    expect(() => factorOf({ name: 'third/bias', shape: [2] })).toThrow(/a weight of/);
    model.dispose();
  });
});
