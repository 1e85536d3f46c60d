import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { batchNormalization, dropout } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { adam, fit } from '../src';
import { modelPieces } from '../src/model-pieces';

import { memorySource } from './support/memory-source';
import { weightValues } from './support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Three residual blocks with batch norms, dropout and a decayed kernel; the first block's layers can be frozen. */
function residualNet({ frozen = false } = {}): tfl.LayersModel {
  const input = tfl.input({ shape: [4, 4, 3] });
  const l2 = tfl.regularizers.l2({ l2: 0.01 });
  const unit = (x: tfl.SymbolicTensor, name: string) => {
    const kernelInitializer = tfl.initializers.glorotUniform({ seed: name.length });
    const convolution = tfl.layers.conv2d({
      name: `${name}_conv`,
      filters: 4,
      kernelSize: 3,
      padding: 'same',
      kernelInitializer,
      kernelRegularizer: l2,
    });
    const normed = batchNormalization({ name: `${name}_bn` }).apply(
      convolution.apply(x),
    ) as tfl.SymbolicTensor;
    return tfl.layers
      .activation({ name: `${name}_relu`, activation: 'relu' })
      .apply(normed) as tfl.SymbolicTensor;
  };
  let x = unit(input, 'stem');
  for (const name of ['first', 'second', 'third']) {
    const branch = dropout({ name: `${name}_drop`, rate: 0.3, seed: 5 }).apply(
      unit(x, name),
    ) as tfl.SymbolicTensor;
    x = tfl.layers.add({ name: `${name}_add` }).apply([x, branch]) as tfl.SymbolicTensor;
  }
  const pooled = tfl.layers.globalAveragePooling2d({ name: 'pool' }).apply(x) as tfl.SymbolicTensor;
  const kernelInitializer = tfl.initializers.glorotUniform({ seed: 9 });
  const head = tfl.layers.dense({ name: 'head', units: 3, activation: 'softmax', kernelInitializer });
  const model = tfl.model({ inputs: input, outputs: head.apply(pooled) as tfl.SymbolicTensor });
  if (frozen) for (const name of ['stem_conv', 'stem_bn', 'first_bn']) model.getLayer(name).trainable = false;
  return model;
}

describe('recomputeActivations', () => {
  it.each([false, true])(
    'trains to the very weights and averages that keeping all does (frozen in part: %s)',
    async (frozen) => {
      const results = [];
      for (const recomputeActivations of [false, true]) {
        const model = residualNet({ frozen });
        const { epochs } = await fit(model, {
          train: memorySource({ exampleCount: 10, batchSize: 4 }),
          epochs: 2,
          optimizer: adam({ learningRate: 0.01 }),
          recomputeActivations,
        });
        results.push({ losses: epochs.map(({ metrics }) => metrics['loss']), weights: weightValues(model) });
        model.dispose();
      }
      expect(results[1]).toEqual(results[0]);
    },
  );

  it('cuts a residual network between its blocks alone', () => {
    const model = residualNet();
    const pieces = modelPieces(model);
    expect(pieces.length).toBeGreaterThan(2);
    const weightsOf = (piece: (typeof pieces)[number]) =>
      new Set(piece.weights.map(({ originalName }) => originalName.split('_')[0]));
    const blocks = pieces.map(weightsOf);
    for (const name of ['stem', 'first', 'second', 'third']) {
      expect(blocks.filter((block) => block.has(name)).length, name).toBe(1);
    }
    model.dispose();
  });

  it('keeps less at its peak', async () => {
    const peaks = [];
    for (const recomputeActivations of [false, true]) {
      const model = residualNet();
      let peak = 0;
      const { apply } = Object.getPrototypeOf(model.getLayer('third_add')) as tfl.layers.Layer;
      const layer = model.getLayer('third_add');
      layer.apply = function (...args) {
        peak = Math.max(peak, tf.memory().numTensors);
        return apply.apply(this, args);
      };
      const train = memorySource({ exampleCount: 4, batchSize: 4 });
      await fit(model, { train, epochs: 1, optimizer: adam(), recomputeActivations });
      peaks.push(peak);
      model.dispose();
    }
    expect(peaks[1]!).toBeLessThan(peaks[0]!);
  });

  it('refuses a model that calls a layer twice', async () => {
    const input = tfl.input({ shape: [4, 4, 3] });
    const shared = tfl.layers.conv2d({ name: 'shared', filters: 3, kernelSize: 1 });
    const twice = shared.apply(shared.apply(input)) as tfl.SymbolicTensor;
    const pooled = tfl.layers.globalAveragePooling2d({}).apply(twice) as tfl.SymbolicTensor;
    const output = tfl.layers.dense({ units: 3, activation: 'softmax' }).apply(pooled) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: input, outputs: output });
    await expect(
      fit(model, { train: memorySource(), epochs: 1, optimizer: adam(), recomputeActivations: true }),
    ).rejects.toThrow(/'shared' .* Train it without `recomputeActivations`/);
    model.dispose();
    // TensorFlow.js counts a layer's calls, and a model disposes it once.
    shared.dispose();
  });
});
