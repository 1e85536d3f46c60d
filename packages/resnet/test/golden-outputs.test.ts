import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { createResnet, resnet18, type ResNetOptions } from '../src';

import { expectGolden, fillByFormula, formulaPicture, readGolden } from './formula';

const SMALL = [37, 45] as const;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const models: tfl.LayersModel[] = [];
afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});

function outputOf(name: string, options: ResNetOptions, size: readonly [number, number]): tf.Tensor {
  const model = createResnet(name, {
    inputShape: [...size, 3],
    kernelInitializer: 'zeros',
    ...options,
  });
  models.push(model);
  fillByFormula(model);
  return tf.tidy(() => model.predict(formulaPicture(...size)) as tf.Tensor);
}

function expectEqual(
  fixture: string,
  output: string,
  name: string,
  options: ResNetOptions,
  size: readonly [number, number] = SMALL,
): void {
  const actual = outputOf(name, options, size);
  try {
    expectGolden(actual, readGolden(fixture)[output]);
  } finally {
    actual.dispose();
  }
}

// The other depths, at 224 pixels and at an odd size, are in the oracle lane.
describe('outputs on formula-filled weights equal Keras’', () => {
  it.each<[string, ResNetOptions]>([
    ['resnet50 small top', {}],
    ['resnet50 small notop max', { includeTop: false, pooling: 'max' }],
    ['resnet50v2 small notop max', { includeTop: false, pooling: 'max' }],
    ['preactivation_resnet18 small top', {}],
  ])('%s', (output, options) => {
    expectEqual('resnet-keras', output, output.split(' ')[0]!, options);
  });

  it('the blog post’s TensorFlow 1 class', () => {
    expectEqual('resnet-keras', 'tf1 small top', 'resnet50', { variant: 'tf1' });
  });

  it('the blog post’s ResNet-50', () => {
    expectEqual('resnet-keras', 'idenprof small top', 'resnet50', { variant: 'idenprof', classes: 10 });
  });
});

describe('outputs on formula-filled weights equal PyTorch’s', () => {
  const logits = { classifierActivation: null } as const;

  it.each<[string, ResNetOptions]>([
    ['resnet18 torchvision small', { variant: 'torchvision' }],
    ['resnet50 torchvision small', { variant: 'torchvision' }],
    ['resnet50 resnetD small', { variant: 'resnetD' }],
    ['se_resnet50 torchvision small', {}],
    ['resnext50_32x4d torchvision small', {}],
  ])('%s', (output, options) => {
    expectEqual('resnet-torch', output, output.split(' ')[0]!, { ...options, ...logits });
  });

  it('akamaster’s ResNet-20 with its own form of shortcut A', () => {
    const options = { shortcut: 'subsample-pad-both', ...logits } as const;
    expectEqual('resnet-torch', 'resnet20 akamaster', 'resnet20', options, [32, 32]);
  });
});

describe('a saved model', () => {
  it('gives the same outputs from stock TensorFlow.js layers alone', async () => {
    const model = resnet18({ inputShape: [...SMALL, 3], classes: 7, kernelInitializer: 'zeros' });
    models.push(model);
    fillByFormula(model);
    const stock = await tfl.models.modelFromJSON(JSON.parse(model.toJSON() as string) as never);
    models.push(stock);
    stock.setWeights(model.getWeights());
    tf.tidy(() => {
      const picture = formulaPicture(...SMALL);
      const difference = tf.sub(model.predict(picture) as tf.Tensor, stock.predict(picture) as tf.Tensor);
      expect(tf.max(tf.abs(difference)).dataSync()[0]).toBe(0);
    });
  });
});
