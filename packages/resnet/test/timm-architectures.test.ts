import { readFileSync } from 'node:fs';

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { createResnet, resnetNames } from '../src';
import { weightShapes } from '../src/identify/weight-shapes';
import { timmArchitectures } from '../src/networks';

// scripts/golden/timm_parameters.py writes it.
const TRAINED = JSON.parse(
  readFileSync(new URL('fixtures/timm-parameters.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, number>>;

const NAMES = Object.keys(timmArchitectures());

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Trained parameters by the shapes alone, with a classifier of 1000 classes; nothing is built. */
function trainedByShapes(name: string): number {
  const row = timmArchitectures()[name]!;
  const stem = row.onlyVariant!.stem === 'deep' ? 'deep' : 'large';
  const { squeezeReduction } = row;
  const form = {
    stem,
    projections: 'changed',
    convolutionBias: false,
    squeezeReduction,
    channels: 3,
  } as const;
  const trained = weightShapes({ name, ...row }, form).filter((weight) => !weight.name.includes('/moving_'));
  const features = row.filters.at(-1)! * row.expansion;
  return trained.reduce((sum, { shape }) => sum + tf.util.sizeFromShape([...shape]), 1000 * (features + 1));
}

describe('architectures of timm', () => {
  it.each(NAMES)('%s has exactly the trained parameters of timm', (name) => {
    expect(trainedByShapes(name)).toBe(TRAINED[name]);
  });

  it.each(['resnet26', 'resnet26d', 'resnet50c', 'resnet50s', 'seresnext26d_32x4d', 'resnext50d_32x4d'])(
    '%s is built with them, and reads a picture of odd size',
    (name) => {
      const model = createResnet(name, { inputShape: [33, 39, 3], kernelInitializer: 'zeros' });
      const sizes = model.trainableWeights.map(({ shape }) => tf.util.sizeFromShape(shape as number[]));
      const outputShape = model.outputs[0]!.shape;
      model.dispose();
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(TRAINED[name]);
      expect(outputShape).toEqual([null, 1000]);
    },
  );

  it('are all among the names that createResnet takes', () => {
    expect(resnetNames()).toEqual(expect.arrayContaining(NAMES));
  });
});
