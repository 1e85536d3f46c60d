import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { cifarResnet, features, freeze, gradCam, replaceHead, resnet18, resnet50v2 } from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const models: tf.LayersModel[] = [];
const kept = (model: tf.LayersModel): tf.LayersModel => {
  models.push(model);
  return model;
};
afterEach(() => {
  // Models share layers: each layer goes once.
  const layers = new Set(models.splice(0).flatMap((model) => model.layers));
  for (const layer of layers) for (const weight of layer.weights) weight.dispose();
});

const ZEROS = { kernelInitializer: 'zeros' } as const;

describe('features', () => {
  it('puts out the stages that are asked for, in order', () => {
    const model = kept(resnet18({ ...ZEROS, includeTop: false }));
    const shapes = features(model, ['stage3', 'stem', 'stage1']).outputs.map((output) => output.shape);
    expect(shapes.map((shape) => shape[3])).toEqual([256, 64, 64]);
  });

  it('finds the stages of a pre-activation net', () => {
    const model = kept(resnet50v2({ ...ZEROS, inputShape: [64, 64, 3], includeTop: false }));
    expect(features(model, ['stage2']).outputs[0]!.shape).toEqual([null, 4, 4, 512]);
  });

  it('suggests the nearest name for one that is not there', () => {
    const model = kept(cifarResnet(8, ZEROS));
    expect(() => features(model, ['stage33'])).toThrow(/Did you mean 'stage3'\?/);
  });
});

describe('freeze', () => {
  it('freezes up to a stage and thaws all again', () => {
    const model = kept(cifarResnet(8, ZEROS));
    const all = model.trainableWeights.length;
    expect(freeze(model, 'stage1')).toBe(6);
    expect(model.trainableWeights).toHaveLength(all - 3 * 3);
    expect(freeze(model, null)).toBe(0);
    expect(model.trainableWeights).toHaveLength(all);
  });
});

describe('replaceHead', () => {
  it('puts a new classifier on the old features and freezes them if asked', () => {
    const model = kept(cifarResnet(8, ZEROS));
    const adapted = kept(replaceHead(model, { classes: 3, freezeBackbone: true, seed: 1 }));
    expect(adapted.outputs[0]!.shape).toEqual([null, 3]);
    expect(adapted.trainableWeights.map((weight) => weight.shape)).toEqual([[64, 3], [3]]);
    expect(adapted.getLayer('conv1_conv')).toBe(model.getLayer('conv1_conv'));
  });

  it('pools a net without a top', () => {
    const model = kept(cifarResnet(8, { ...ZEROS, includeTop: false }));
    expect(kept(replaceHead(model, { classes: 2 })).outputs[0]!.shape).toEqual([null, 2]);
  });
});

describe('gradCam', () => {
  it('marks the half of the picture that speaks for the class', () => {
    // One convolution that lets brightness through, and a class that likes it: the map is the bright half.
    const input = tf.input({ shape: [8, 8, 1] });
    const map = tf.layers.conv2d({ filters: 1, kernelSize: 1, kernelInitializer: 'ones' }).apply(input);
    const pooled = tf.layers.globalAveragePooling2d({}).apply(map);
    const outputs = tf.layers
      .dense({ units: 2, activation: 'softmax', kernelInitializer: 'ones' })
      .apply(pooled);
    const model = kept(tf.model({ inputs: input, outputs: outputs as tf.SymbolicTensor }));
    tf.tidy(() => {
      const picture = tf.concat([tf.ones([8, 4, 1]), tf.zeros([8, 4, 1])], 1);
      const heat = gradCam(model, picture, 1);
      expect(heat.shape).toEqual([8, 8]);
      expect([...heat.slice([0, 0], [1, 8]).dataSync()]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    });
  });

  it('gives a map of the picture’s size, between 0 and 1, for a net of the family', () => {
    const model = kept(cifarResnet(8, { seed: 1 }));
    tf.tidy(() => {
      const heat = gradCam(model, tf.randomUniform([32, 32, 3], 0, 1, 'float32', 1), 4);
      expect(heat.shape).toEqual([32, 32]);
      expect(heat.min().dataSync()[0]).toBeGreaterThanOrEqual(0);
      expect(heat.max().dataSync()[0]).toBeLessThanOrEqual(1);
    });
  });

  it('refuses a class that the model lacks', () => {
    const model = kept(cifarResnet(8, ZEROS));
    tf.tidy(() => {
      expect(() => gradCam(model, tf.zeros([32, 32, 3]), 10)).toThrow(/Expected an output's number, 0 to 9/);
    });
  });
});
