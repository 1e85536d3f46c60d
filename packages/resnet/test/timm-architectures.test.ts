import { readFileSync } from 'node:fs';

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { createResnet, resnetNames } from '../src';
import { cifarArchitectures } from '../src/cifar-architectures';
import { namedArchitectures } from '../src/create-resnet';
import { builtWeights } from '../src/identify/built-weights';
import { timmArchitectures } from '../src/timm-architectures';

// scripts/golden/timm_parameters.py writes it.
const TRAINED = JSON.parse(
  readFileSync(new URL('fixtures/timm-parameters.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, number>>;

const NAMES = Object.keys(TRAINED);

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Trained parameters with a classifier of 1000 classes; nothing is allocated. */
function trained(name: string): number {
  const row = timmArchitectures()[name];
  const named = namedArchitectures().find((architecture) => architecture.name === name);
  const weights =
    row === undefined ? builtWeights(named!, { variant: 'torchvision' }) : builtWeights({ name, ...row }, {});
  return weights.reduce(
    (sum, { shape, trainable }) => sum + (trainable ? tf.util.sizeFromShape([...shape]) : 0),
    0,
  );
}

describe('architectures for CIFAR', () => {
  // Zagoruyko and Komodakis 2016, table 4: 11.0, 36.5 and 8.9 million; oracle/cifar-outputs.test.ts counts PyTorch's.
  it.each([
    ['wide_resnet16_8', 10_961_370],
    ['wide_resnet28_10', 36_479_194],
    ['wide_resnet40_4', 8_949_210],
    ['resnet9', 6_573_120],
  ])('%s has %d trained parameters', (name, count) => {
    const weights = builtWeights({ name, ...cifarArchitectures()[name]! }, {}).filter(
      (weight) => weight.trainable,
    );
    expect(weights.reduce((sum, { shape }) => sum + tf.util.sizeFromShape([...shape]), 0)).toBe(count);
  });
});

describe('architectures of timm', () => {
  it('are all there: 110 names, of which options make none other', () => {
    expect(NAMES).toHaveLength(110);
    expect(resnetNames()).toEqual(expect.arrayContaining(NAMES));
  });

  it.each(NAMES)('%s has exactly the trained parameters of timm', (name) => {
    expect(trained(name)).toBe(TRAINED[name]);
  });

  it('are counted without a tensor, and a network built next has its weights', () => {
    const before = tf.memory().numTensors;
    trained('resnetv2_152x4_bit');
    expect(tf.memory().numTensors).toBe(before);
    const model = createResnet('test_resnet', { inputShape: [33, 39, 3], kernelInitializer: 'zeros' });
    const sizes = model.trainableWeights.map(({ shape }) => tf.util.sizeFromShape(shape as number[]));
    const outputShape = model.outputs[0]!.shape;
    model.dispose();
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(TRAINED['test_resnet']);
    expect(outputShape).toEqual([null, 1000]);
  });
});
