import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { createResnet, type ResNetOptions, summary } from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

let model: tfl.LayersModel | undefined;
afterEach(() => {
  model?.dispose();
  model = undefined;
});

function summaryOf(name: string, options: ResNetOptions = {}): ReturnType<typeof summary> {
  model = createResnet(name, { kernelInitializer: 'zeros', ...options });
  return summary(model);
}

describe('multiply-adds', () => {
  // In billions, v1 (Keras, the paper) and v1.5 (torchvision's _ops).
  it.each([
    ['resnet18', 1.8141, 1.8141],
    ['resnet34', 3.6638, 3.6638],
    ['resnet50', 3.858, 4.0892],
    ['resnet101', 7.5702, 7.8014],
    ['resnet152', 11.2824, 11.5136],
  ])('of %s are the published %f (Keras) and %f (torchvision)', (name, keras, torchvision) => {
    expect(summaryOf(name).multiplyAdds / 1e9).toBeCloseTo(keras, 4);
    model!.dispose();
    expect(summaryOf(name, { variant: 'torchvision' }).multiplyAdds / 1e9).toBeCloseTo(torchvision, 4);
  });

  it('of ResNeXt-50 32x4d are torchvision’s 4.23 billion: each value of a group’s kernel once a pixel', () => {
    expect(summaryOf('resnext50_32x4d').multiplyAdds / 1e9).toBeCloseTo(4.23, 2);
  });

  // In millions, with shortcut A.
  it.each([
    ['resnet20', 40.55],
    ['resnet32', 68.86],
    ['resnet44', 97.17],
    ['resnet56', 125.49],
    ['resnet110', 252.89],
    ['resnet1202', 2829.24],
  ])('of %s are the published %f million', (name, expected) => {
    expect(summaryOf(name).multiplyAdds / 1e6).toBeCloseTo(expected, 2);
  });
});

describe('stages', () => {
  it('have the shapes of the paper’s table 1', () => {
    const { stages } = summaryOf('resnet50');
    expect(stages.map(({ name, outputShape }) => [name, ...outputShape])).toEqual([
      ['conv1', 56, 56, 64],
      ['conv2', 56, 56, 256],
      ['conv3', 28, 28, 512],
      ['conv4', 14, 14, 1024],
      ['conv5', 7, 7, 2048],
      ['head', 1000],
    ]);
  });

  it('see as much of the picture as is known: 483 pixels at ResNet-50’s end, 11 at its pool', () => {
    // Araujo et al. 2019, "Computing Receptive Fields of Convolutional Neural Networks", table 1: ResNet-50 v1 has 483.
    const { stages } = summaryOf('resnet50', { variant: 'torchvision' });
    expect(stages.map(({ receptiveField }) => receptiveField)).toEqual([11, 35, 91, 267, 427, undefined]);
  });

  it('add up to the model’s parameters', () => {
    const { parameters, trainableParameters, stages } = summaryOf('resnet50');
    expect([parameters, trainableParameters]).toEqual([25_636_712, 25_583_592]);
    expect(stages.reduce((sum, stage) => sum + stage.parameters, 0)).toBe(parameters);
  });

  it('count four bytes for every value that a layer puts out', () => {
    // The stem: padded input, convolution, norm, ReLU, padded map, pool.
    const { stages } = summaryOf('resnet50');
    const values = 230 * 230 * 3 + 3 * 112 * 112 * 64 + 114 * 114 * 64 + 56 * 56 * 64;
    expect(stages[0]!.activationBytes).toBe(4 * values);
  });
});

it('a model that leaves its size open needs one to reckon with', () => {
  model = createResnet('resnet18', { includeTop: false, kernelInitializer: 'zeros' });
  expect(() => summary(model!)).toThrow(/Expected height, width and channels/);
  expect(summary(model, [224, 224, 3]).stages.at(-1)!.outputShape).toEqual([7, 7, 512]);
});
