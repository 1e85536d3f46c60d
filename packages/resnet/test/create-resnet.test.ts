import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { cifarResnet, createResnet, resnet18, resnet50, resnetNames } from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const models: tfl.LayersModel[] = [];
const kept = (model: tfl.LayersModel): tfl.LayersModel => {
  models.push(model);
  return model;
};
afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});

describe('createResnet', () => {
  it('suggests the nearest name for an unknown one', () => {
    expect(() => createResnet('resnet51')).toThrow(/Did you mean 'resnet50'\?/);
    expect(() => createResnet('toString')).toThrow(/Expected the name of a residual network/);
  });

  it('names the CIFAR nets beside the others', () => {
    expect(resnetNames()).toEqual(expect.arrayContaining(['resnet18', 'resnet152', 'resnet20', 'resnet110']));
    expect(kept(createResnet('resnet20')).outputs[0]!.shape).toEqual([null, 10]);
  });
});

describe('builders', () => {
  it("call their layers by keras.applications' names", () => {
    const names = kept(resnet50({ includeTop: false })).layers.map((layer) => layer.name);
    expect(names.slice(1, 7)).toEqual([
      'conv1_pad',
      'conv1_conv',
      'conv1_bn',
      'conv1_relu',
      'pool1_pad',
      'pool1_pool',
    ]);
    expect(names).toEqual(
      expect.arrayContaining(['conv2_block1_0_conv', 'conv5_block3_3_bn', 'conv5_block3_out']),
    );
  });

  it('draw the same weights for the same seed, others for another', () => {
    const start = (seed: number): number[] => {
      const model = kept(cifarResnet(20, { seed }));
      return tf.tidy(() => model.getWeights().flatMap((weight) => [...weight.dataSync().slice(0, 3)]));
    };
    expect(start(7)).toEqual(start(7));
    expect(start(7)).not.toEqual(start(8));
  });

  it('keep a small picture large with the small stem', () => {
    const model = kept(resnet18({ stem: 'small', classes: 5 }));
    expect(model.inputs[0]!.shape).toEqual([null, 64, 64, 3]);
    expect((model.getLayer('conv5_block2_out').output as tfl.SymbolicTensor).shape).toEqual([
      null,
      8,
      8,
      512,
    ]);
  });

  it('halve a picture once before the first block with the half stem', () => {
    const model = kept(cifarResnet(20, { stem: 'half', inputShape: [64, 64, 3] }));
    expect((model.getLayer('conv2_block3_out').output as tfl.SymbolicTensor).shape).toEqual([
      null,
      32,
      32,
      16,
    ]);
    expect(model.countParams()).toBe(kept(cifarResnet(20)).countParams());
  });

  it.each([
    [8, 28],
    [16, 14],
    [32, 7],
  ] as const)('keep the output stride at %i by dilation', (outputStride, size) => {
    const model = kept(resnet50({ includeTop: false, inputShape: [224, 224, 3], outputStride }));
    expect(model.outputs[0]!.shape).toEqual([null, size, size, 2048]);
  });

  it('build upon a tensor of the caller, back to its input', () => {
    const input = tfl.input({ shape: [64, 64, 3] });
    const scaled = tfl.layers.rescaling({ scale: 2 }).apply(input) as tfl.SymbolicTensor;
    const model = kept(resnet18({ inputTensor: scaled, classes: 3 }));
    expect(model.inputs[0]).toBe(input);
    expect(model.outputs[0]!.shape).toEqual([null, 3]);
  });

  it('leave all shortcuts out of a plain net', () => {
    const classes = kept(cifarResnet(20, { shortcut: 'none' })).layers.map((layer) => layer.getClassName());
    expect(classes).not.toContain('Add');
  });

  it('refuse an unknown option and suggest the nearest', () => {
    expect(() => resnet18({ inclueTop: false } as never)).toThrow(/Did you mean 'includeTop'\?/);
  });
});
