import { isZooError } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import { resnet18, resnet50, type ResNetOptions } from '../src';

// The conditions of keras/src/applications/resnet.py and imagenet_utils.py; those of preprocessing and decoding have tests of their own.
describe('what keras.applications refuses', () => {
  it.each<[string, ResNetOptions, RegExp]>([
    [
      'weights that are no name or path',
      { weights: 3 as never },
      /Expected null \(random initialization\), 'imagenet'.*`weights` but received 3/,
    ],
    [
      "another number of classes for 'imagenet'",
      { weights: 'imagenet', classes: 10 },
      /Expected 1000.*`classes` but received 10/,
    ],
    [
      "another size for 'imagenet' with a top",
      { weights: 'imagenet', inputShape: [256, 256, 3] },
      /Expected \[224, 224, 3\] with `includeTop: true` and 'imagenet' weights for `inputShape`/,
    ],
    ['a shape of two numbers', { inputShape: [224, 224] as never }, /Expected three integers.*`inputShape`/],
    [
      "another number of channels for 'imagenet'",
      { weights: 'imagenet', includeTop: false, inputShape: [224, 224, 1] },
      /Expected 3 channels for 'imagenet' weights/,
    ],
    [
      'a size below 32',
      { inputShape: [31, 64, 3] },
      /Expected a size of at least 32x32 for `inputShape` but received \[31, 64, 3\]/,
    ],
    [
      'an open size with a top',
      { inputShape: [null, 224, 3] },
      /Expected a static shape if `includeTop` is true/,
    ],
    [
      'another activation than softmax for pretrained classifiers',
      { weights: 'imagenet', classifierActivation: 'sigmoid' },
      /Expected null or 'softmax'.*`classifierActivation` but received "sigmoid"/,
    ],
  ])('is refused: %s', (_, options, message) => {
    expect(() => resnet50(options)).toThrow(message);
  });

  it('sends weights that need a file to the function that waits for them', () => {
    expect(() => resnet50({ weights: 'imagenet' })).toThrow(/Call `await pretrained\('resnet50'\)`/);
    expect(() => resnet50({ weights: 'my.h5' })).toThrow(/await loadKerasWeights\(model, "my.h5"\)/);
  });
});

describe('options out of range', () => {
  it.each<[string, ResNetOptions]>([
    ['classes', { classes: 0 }],
    ['seed', { seed: -1 }],
    ['dropRate', { dropRate: 1 }],
    ['stochasticDepth', { stochasticDepth: NaN }],
    ['dilation', { dilation: 4 as never }],
    ['shortcut', { shortcut: 'D' as never }],
    ['variant', { variant: 'kera' as never }],
    ['stem', { stem: 'large' as never }],
    ['pooling', { pooling: 'mean' as never }],
    ['strideIn', { strideIn: 'third' as never }],
    ['squeezeReduction', { squeezeReduction: 0 }],
    ['kernelInitializer', { kernelInitializer: 'ones' as never }],
  ])('are refused by name: %s', (argument, options) => {
    try {
      resnet18(options);
      expect.unreachable();
    } catch (error) {
      expect(isZooError(error, 'invalid-argument')).toBe(true);
      expect((error as Error).message).toContain(`\`${argument}\``);
    }
  });
});
