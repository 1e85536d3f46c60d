import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { batchNormalization, modelMetadata, setModelMetadata } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { exportOnnx, loadKerasModel, loadSafetensors, pruneChannels, type PrunedConvolution } from '../src';
import { loadLayersModel, saveKeras, saveKerasH5, saveLayersModel, saveSafetensors } from '../src/node';

import { outputsOf, randomizeWeights, weightValues } from './support/small-models';

type Value = tfl.SymbolicTensor;

const place = temporaryDirectory();

beforeAll(() => tf.setBackend('cpu'));

const conv = (name: string, filters: number, kernelSize: number, options: object = {}) =>
  tfl.layers.conv2d({ name, filters, kernelSize, padding: 'same', ...options });
const norm = (name: string) => batchNormalization({ name });
const relu = (name: string) => tfl.layers.activation({ name, activation: 'relu' });
const chain = (input: Value, ...layers: readonly tfl.layers.Layer[]): Value =>
  layers.reduce((value, layer) => layer.apply(value) as Value, input);

/** A block of two convolutions and one of three, as in ResNet-18 and ResNet-50, behind a stem. */
function twoBlocks(): tfl.LayersModel {
  const input = tfl.input({ shape: [8, 8, 3], name: 'pixels' });
  const stem = chain(input, conv('stem', 16, 3), norm('stem_bn'), relu('stem_relu'));
  const basic = chain(
    stem,
    ...[conv('a1', 16, 3, { useBias: false }), norm('a1_bn'), relu('a1_relu')],
    ...[
      tfl.layers.zeroPadding2d({ name: 'a_pad', padding: 1 }),
      conv('a2', 16, 3, { padding: 'valid' }),
      norm('a2_bn'),
    ],
  );
  const first = chain(tfl.layers.add({ name: 'a_sum' }).apply([stem, basic]) as Value, relu('a_relu'));
  const bottleneck = chain(
    first,
    ...[conv('b1', 8, 1), norm('b1_bn'), relu('b1_relu')],
    ...[conv('b2', 8, 3, { activation: 'relu' }), conv('b3', 24, 1), norm('b3_bn')],
  );
  const shortcut = chain(first, conv('b0', 24, 1), norm('b0_bn'));
  const second = tfl.layers.add({ name: 'b_sum' }).apply([bottleneck, shortcut]) as Value;
  const output = chain(
    second,
    tfl.layers.globalAveragePooling2d({ name: 'pool' }),
    tfl.layers.dense({ name: 'classes', units: 5, activation: 'softmax' }),
  );
  const model = randomizeWeights(tfl.model({ inputs: input, outputs: output, name: 'blocks' }));
  setModelMetadata(model, { classNames: ['a', 'b', 'c', 'd', 'e'], architecture: 'resnet18' });
  return model;
}

/** Sets what norms scale and shift these channels by to zero: nothing comes out of them. */
function silence(model: tfl.LayersModel, layer: string, channels: readonly number[]): void {
  const found = model.getLayer(layer);
  const silent = found.getWeights().map((value, index) => {
    if (index > 1) return value;
    const values = value.dataSync().slice();
    for (const channel of channels) values[channel] = 0;
    return tf.tensor(values, value.shape);
  });
  found.setWeights(silent);
  tf.dispose(silent.slice(0, 2));
}

const widths = (model: tfl.LayersModel) =>
  Object.fromEntries(
    model.layers.flatMap((layer) => {
      const { filters } = layer.getConfig() as { filters?: number };
      return filters === undefined ? [] : [[layer.name, filters]];
    }),
  );

describe('pruneChannels', () => {
  it('narrows the convolutions within blocks, and what is added up stays as wide as it is', async () => {
    const model = twoBlocks();
    let report: readonly PrunedConvolution[] = [];
    const small = await pruneChannels(model, {
      share: 0.5,
      multiple: 1,
      onReport: (rows) => (report = rows),
    });
    expect(widths(small)).toEqual({ stem: 16, a1: 8, a2: 16, b1: 4, b2: 4, b3: 24, b0: 24 });
    expect(report).toEqual([
      { layer: 'a1', channelsBefore: 16, channelsAfter: 8 },
      { layer: 'b1', channelsBefore: 8, channelsAfter: 4 },
      { layer: 'b2', channelsBefore: 8, channelsAfter: 4 },
    ]);
    expect(small.layers.map(({ name }) => name)).toEqual(model.layers.map(({ name }) => name));
    // It is not what createResnet builds by that name.
    expect(modelMetadata(small)).toEqual({ classNames: ['a', 'b', 'c', 'd', 'e'] });
    model.dispose();
    small.dispose();
  });

  it('changes nothing where the channels that go give nothing', async () => {
    const model = twoBlocks();
    silence(model, 'a1_bn', [0, 3, 4, 9, 10, 11, 14, 15]);
    silence(model, 'b1_bn', [1, 2, 5, 7]);
    const kernel = model.getLayer('b2').getWeights();
    // Without a norm the kernel decides.
    const values = kernel.map((tensor) =>
      tensor.dataSync().map((value, index) => (index % 8 < 4 ? 0 : value)),
    );
    const set = kernel.map((tensor, index) => tf.tensor(values[index]!, tensor.shape));
    model.getLayer('b2').setWeights(set);
    tf.dispose(set);
    const before = weightValues(model);
    const small = await pruneChannels(model, { share: 0.5, multiple: 1 });
    const [expected, actual] = [outputsOf(model), outputsOf(small)];
    actual.forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 6));
    expect(small.countParams()).toBeLessThan(0.7 * model.countParams());
    expect(weightValues(model)).toEqual(before);
    model.dispose();
    small.dispose();
  });

  it('keeps the channels that a norm scales most, or whose kernels are largest', async () => {
    const model = twoBlocks();
    const [gamma] = model.getLayer('a1_bn').getWeights();
    const kernel = model.getLayer('a1').getWeights()[0]!.dataSync<'float32'>();
    const norms = Array.from({ length: 16 }, (_, channel) =>
      kernel.reduce((sum, value, index) => sum + (index % 16 === channel ? Math.abs(value) : 0), 0),
    );
    const largest = (scores: ArrayLike<number>) =>
      Array.from(scores, (score, channel) => ({ score: Math.abs(score), channel }))
        .sort((left, right) => right.score - left.score)
        .slice(0, 4)
        .map(({ channel }) => channel)
        .sort((left, right) => left - right);
    const beta = model.getLayer('a1_bn').getWeights()[1]!.dataSync();
    for (const [importance, scores] of [
      ['normScale', gamma!.dataSync()],
      ['kernelNorm', norms],
    ] as const) {
      const small = await pruneChannels(model, { share: 0.75, multiple: 1, importance });
      expect([...small.getLayer('a1_bn').getWeights()[1]!.dataSync()]).toEqual(
        largest(scores).map((channel) => beta[channel]),
      );
      small.dispose();
    }
    model.dispose();
  });

  it('rounds what stays up to a multiple, and leaves a layer that has no more than that', async () => {
    const model = twoBlocks();
    const small = await pruneChannels(model, { share: 0.9 });
    expect(widths(small)).toMatchObject({ a1: 8, b1: 8, b2: 8 });
    model.dispose();
    small.dispose();
  });

  it('leaves alone what several layers read, what is put out, and what depthwise convolutions or a softmax read', async () => {
    const input = tfl.input({ shape: [8, 8, 4] });
    const shared = conv('shared', 8, 3).apply(input) as Value;
    const left = chain(
      shared,
      conv('left', 8, 3),
      tfl.layers.depthwiseConv2d({ name: 'deep', kernelSize: 3 }),
    );
    const right = chain(
      shared,
      conv('right', 8, 3),
      tfl.layers.softmax({ name: 'soft', axis: -1 }),
      conv('out', 8, 3),
    );
    const model = tfl.model({ inputs: input, outputs: [left, right] });
    const small = await pruneChannels(model, { share: 0.5, multiple: 1 });
    expect(widths(small)).toEqual(widths(model));
    model.dispose();
    small.dispose();
  });

  it('makes a model that every saver saves', async () => {
    const model = twoBlocks();
    const small = await pruneChannels(model, { share: 0.5, multiple: 4 });
    const outputs = outputsOf(small);
    await saveLayersModel(small, place('tfjs'));
    await saveKerasH5(small, place('small.h5'));
    await saveKeras(small, place('small.keras'));
    await saveSafetensors(small, place('small.safetensors'));
    const read = [
      await loadLayersModel(place('tfjs')),
      await loadKerasModel(place('small.h5')),
      await loadKerasModel(place('small.keras')),
    ];
    for (const each of read) expect(outputsOf(each)).toEqual(outputs);
    const [again] = read;
    randomizeWeights(again!, 9);
    await loadSafetensors(again!, place('small.safetensors'));
    expect(outputsOf(again!)).toEqual(outputs);
    expect((await exportOnnx(small)).byteLength).toBeLessThan((await exportOnnx(model)).byteLength);
    for (const each of [model, small, ...read]) each.dispose();
  });

  it.each([1, -0.1, '0.5'])('refuses a share of %s', async (share) => {
    const model = twoBlocks();
    await expect(pruneChannels(model, { share: share as number })).rejects.toThrow('options.share');
    model.dispose();
  });
});
