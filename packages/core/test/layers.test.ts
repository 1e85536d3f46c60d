import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import {
  blurPooling,
  evoNorm,
  filterResponseNorm,
  groupedConvolutionLayer,
  groupNormalization,
  standardizedConvolution,
} from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const models: tfl.LayersModel[] = [];
afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});

const SHAPE: [number, number, number] = [5, 4, 6];

/** A layer alone, its weights and all else waves. */
function modelOf(layer: tfl.layers.Layer): tfl.LayersModel {
  const input = tfl.input({ shape: SHAPE });
  const model = tfl.model({ inputs: input, outputs: layer.apply(input) as tfl.SymbolicTensor });
  models.push(model);
  tf.tidy(() => {
    model.setWeights(model.weights.map(({ shape }, i) => wave(shape as number[], i + 1)));
  });
  return model;
}

const wave = (shape: number[], phase = 0): tf.Tensor =>
  tf.add(
    tf.mul(0.8, tf.reshape(tf.sin(tf.add(tf.range(0, tf.util.sizeFromShape(shape)), phase)), shape)),
    0.3,
  );

const picture = (): tf.Tensor4D => wave([2, ...SHAPE], 7) as tf.Tensor4D;

/** The picture's values as numbers: [example][pixel][channel]. */
const pixels = (x: tf.Tensor): number[][][] =>
  tf.tidy(() => tf.reshape(x, [x.shape[0], -1, x.shape[3]!]).arraySync() as number[][][]);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function expectSame(actual: number[][][], expected: number[][][]): void {
  const differences = actual.flat(2).map((value, i) => Math.abs(value - expected.flat(2)[i]!));
  expect(actual.flat(2)).toHaveLength(expected.flat(2).length);
  expect(Math.max(...differences)).toBeLessThan(2e-5);
}

/** What a model makes of the picture, beside `define`'s word for each value. */
function expectDefinition(
  model: tfl.LayersModel,
  define: (values: number[][], pixel: number, channel: number, weights: number[][]) => number,
): void {
  tf.tidy(() => {
    const weights = model.getWeights().map((weight) => [...weight.dataSync()]);
    const x = pixels(picture());
    const expected = x.map((values) =>
      values.map((row, pixel) => row.map((_, channel) => define(values, pixel, channel, weights))),
    );
    expectSame(pixels(model.predict(picture()) as tf.Tensor), expected);
  });
}

/** A group's values in one picture: `size` channels from a multiple of it. */
const groupOf = (values: number[][], channel: number, size: number): number[] => {
  const first = channel - (channel % size);
  return values.flatMap((row) => row.slice(first, first + size));
};

const varianceOf = (values: number[]): number => mean(values.map((value) => (value - mean(values)) ** 2));

describe('groupNormalization', () => {
  it('normalises each picture over its pixels and a group of channels', () => {
    expectDefinition(
      modelOf(groupNormalization({ groups: 3, epsilon: 0.01 })),
      (values, pixel, channel, weights) => {
        const group = groupOf(values, channel, 2);
        const standard = (values[pixel]![channel]! - mean(group)) / Math.sqrt(varianceOf(group) + 0.01);
        return standard * weights[0]![channel]! + weights[1]![channel]!;
      },
    );
  });

  it('refuses groups that do not divide the channels', () => {
    expect(() => modelOf(groupNormalization({ groups: 4 }))).toThrow(
      /Expected a divisor of the input's 6 channels for `groups` but received 4/,
    );
  });
});

describe('evoNorm', () => {
  it('is x * sigmoid(v * x) over the deviation of a group of channels', () => {
    expectDefinition(modelOf(evoNorm({ groups: 2, epsilon: 0.01 })), (values, pixel, channel, weights) => {
      const x = values[pixel]![channel]!;
      const gate = 1 / (1 + Math.exp(-weights[2]![channel]! * x));
      const deviation = Math.sqrt(varianceOf(groupOf(values, channel, 3)) + 0.01);
      return ((x * gate) / deviation) * weights[0]![channel]! + weights[1]![channel]!;
    });
  });

  it('is a scale and an offset where it does not activate', () => {
    expectDefinition(
      modelOf(evoNorm({ groups: 2, activates: false })),
      (values, pixel, channel, weights) =>
        values[pixel]![channel]! * weights[0]![channel]! + weights[1]![channel]!,
    );
  });
});

describe('filterResponseNorm', () => {
  it('divides by the root of the mean square of each channel, and cuts at tau', () => {
    expectDefinition(modelOf(filterResponseNorm({ epsilon: 0.01 })), (values, pixel, channel, weights) => {
      const square = mean(values.map((row) => row[channel]! ** 2));
      const standard = values[pixel]![channel]! / Math.sqrt(square + 0.01);
      return Math.max(standard * weights[0]![channel]! + weights[1]![channel]!, weights[2]![channel]!);
    });
  });
});

describe('standardizedConvolution', () => {
  it('is the convolution by a kernel of mean 0 and variance 1 for each output channel', () => {
    const model = modelOf(
      standardizedConvolution({ filters: 3, kernelSize: 3, kernelEpsilon: 0.01, useBias: false }),
    );
    tf.tidy(() => {
      const kernel = model.getWeights()[0] as tf.Tensor4D;
      const { mean: centre, variance } = tf.moments(kernel, [0, 1, 2], true);
      const standard = tf.div<tf.Tensor4D>(tf.sub(kernel, centre), tf.sqrt(tf.add(variance, 0.01)));
      expectSame(
        pixels(model.predict(picture()) as tf.Tensor),
        pixels(tf.conv2d(picture(), standard, 1, 'valid')),
      );
    });
  });
});

describe('blurPooling', () => {
  it('is the binomial blur of a mirrored picture at every second pixel', () => {
    const model = modelOf(blurPooling());
    tf.tidy(() => {
      const line = [1, 2, 1].map((value) => value / 4);
      const filter = tf.tensor4d(
        line.flatMap((a) => line.flatMap((b) => Array<number>(6).fill(a * b))),
        [3, 3, 6, 1],
      );
      const sides: [number, number][] = [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ];
      const padded = tf.mirrorPad(picture(), sides, 'reflect');
      const expected = tf.depthwiseConv2d(padded, filter, 2, 'valid');
      const output = model.predict(picture()) as tf.Tensor;
      expect(output.shape).toEqual([2, 3, 2, 6]);
      expect(model.outputs[0]!.shape).toEqual([null, 3, 2, 6]);
      expectSame(pixels(output), pixels(expected));
    });
  });
});

describe.each<[string, () => tfl.layers.Layer]>([
  ['groupNormalization', () => groupNormalization({ groups: 3 })],
  ['evoNorm', () => evoNorm({ groups: 2 })],
  ['filterResponseNorm', () => filterResponseNorm()],
  ['standardizedConvolution', () => standardizedConvolution({ filters: 4, kernelSize: 3, padding: 'same' })],
  ['groupedConvolutionLayer', () => groupedConvolutionLayer({ filters: 4, kernelSize: 3, groups: 2 })],
  ['blurPooling', () => blurPooling()],
])('%s', (_, make) => {
  it('has the gradients of small differences, for its input and every weight', () => {
    const model = modelOf(make());
    tf.tidy(() => {
      const loss = (x: tf.Tensor): tf.Scalar => {
        const y = model.apply(x, { training: true }) as tf.Tensor;
        return tf.sum(tf.mul(y, wave(y.shape, 3)));
      };
      const x = tf.variable(picture());
      const variables = [x, ...model.trainableWeights.map((weight) => weight.read())] as tf.Variable[];
      const { grads } = tf.variableGrads(() => loss(x), variables);
      for (const variable of variables) {
        const direction = wave(variable.shape, 11);
        const start = tf.clone(variable);
        const at = (step: number): number => {
          variable.assign(tf.add(start, tf.mul(direction, step)));
          const value = loss(x).dataSync()[0]!;
          variable.assign(start);
          return value;
        };
        const slope = tf.sum(tf.mul(grads[variable.name]!, direction)).dataSync()[0]!;
        expect(Math.abs(slope - (at(2e-3) - at(-2e-3)) / 4e-3)).toBeLessThan(
          0.01 * Math.max(1, Math.abs(slope)),
        );
      }
      x.dispose();
    });
  });

  it('says in its configuration all that it is made of', () => {
    const model = modelOf(make());
    const layer = model.layers[1]!;
    const Class = layer.constructor as unknown as {
      fromConfig(cls: unknown, config: object): tfl.layers.Layer;
    };
    const again = modelOf(Class.fromConfig(layer.constructor, layer.getConfig()));
    tf.tidy(() => {
      again.setWeights(model.getWeights());
      expectSame(
        pixels(again.predict(picture()) as tf.Tensor),
        pixels(model.predict(picture()) as tf.Tensor),
      );
    });
  });
});
