import * as tf from '@tensorflow/tfjs-core';
import { isZooError } from '@zoo/core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import {
  type AnyResNetOptions,
  cifarResnet,
  decodePredictions,
  preprocessInput,
  resnet18,
  resnet50,
  resnext50,
  resnet50v2,
  type ResNetOptions,
} from '../src';
import { IMAGENET_CLASS_INDEX } from '../src/imagenet';

beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function refusal(options: object): Promise<string> {
  try {
    await resnet50(options as AnyResNetOptions);
  } catch (error) {
    expect(isZooError(error, 'invalid-argument')).toBe(true);
    return (error as Error).message;
  }
  return expect.unreachable('nothing was refused');
}

// By keras/src/applications/resnet.py and imagenet_utils.py of Keras 3.15: Keras' sentence, what it is said of, and ours.
describe('what keras.applications refuses', () => {
  it.each<[string, object, string]>([
    [
      "The `weights` argument should be either `None` (random initialization), 'imagenet' (pre-training on ImageNet), " +
        'or the path to the weights file to be loaded. Received: weights=3',
      { weights: 3 },
      "Expected null (random initialization), 'imagenet' (pre-training on ImageNet), the name of published weights or the path to " +
        'the weights file to be loaded for `weights` but received 3. Published for resnet50: imagenet, resnet50.keras_in1k,',
    ],
    [
      "If using `weights='imagenet'` with `include_top=True`, `classes` should be 1000. Received classes=10",
      { weights: 'imagenet', classes: 10 },
      "Expected 1000, as many as the classifier of `weights: 'imagenet'` has with `includeTop: true`, for `classes` but received 10. " +
        'For your own classes leave it out (`includeTop: false`) and call `replaceHead(model, { classes })`.',
    ],
    [
      'When setting `include_top=True` and loading `imagenet` weights, `input_shape` should be (224, 224, 3). ' +
        'Received: input_shape=(256, 256, 3)',
      { weights: 'imagenet', inputShape: [256, 256, 3] },
      "Expected [224, 224, 3], with `includeTop: true` and `weights: 'imagenet'`, for `inputShape` but received [256, 256, 3]. " +
        'Leave `inputShape` out and resize the pictures, or leave the top out: `includeTop: false`.',
    ],
    [
      '`input_shape` must be a tuple of three integers.',
      { inputShape: [224, 224] },
      'Expected three integers, [height, width, channels], for `inputShape` but received [224, 224]. The batch is not part of it.',
    ],
    [
      'The input must have 3 channels; Received `input_shape=(224, 224, 1)`',
      { weights: 'imagenet', includeTop: false, inputShape: [224, 224, 1] },
      'Expected 3 channels, as pretrained weights have, for `inputShape` but received [224, 224, 1]. ' +
        'Turn grey pictures into RGB: `tf.image.grayscaleToRGB(x)`.',
    ],
    [
      'Input size must be at least 32x32; Received: input_shape=(31, 64, 3)',
      { inputShape: [31, 64, 3] },
      'Expected an input size of at least 32x32 for `inputShape` but received [31, 64, 3]. Enlarge the pictures first.',
    ],
    [
      'If `include_top` is True, you should specify a static `input_shape`. Received: input_shape=(None, 224, 3)',
      { inputShape: [null, 224, 3] },
      'Expected a static shape if `includeTop` is true for `inputShape` but received [null, 224, 3]. ' +
        'Give height and width, or leave the top out: `includeTop: false`.',
    ],
    [
      'Only `None` and `softmax` activations are allowed for the `classifier_activation` argument when using pretrained weights, ' +
        'with `include_top=True`; Received: classifier_activation=sigmoid',
      { weights: 'imagenet', classifierActivation: 'sigmoid' },
      "Expected null or 'softmax', all that pretrained weights with `includeTop: true` allow, for `classifierActivation` " +
        'but received "sigmoid". Take null and apply another function to the logits.',
    ],
    [
      'Expected data_format to be one of `channels_first` or `channels_last`. Received: data_format=first',
      { dataFormat: 'channelsFirst' },
      'Expected \'channelsLast\', the only order of axes here, for `dataFormat` but received "channelsFirst". ' +
        'Transpose [batch, channels, height, width]: `tf.transpose(x, [0, 2, 3, 1])`.',
    ],
  ])('%s', async (_, options, ours) => {
    expect(await refusal(options)).toContain(ours);
  });

  it('Expected mode to be one of `caffe`, `tf` or `torch`. Received: mode=cafe', () => {
    tf.tidy(() => {
      expect(() => preprocessInput(tf.zeros([4, 4, 3]), 'cafe' as never)).toThrow(
        "Expected one of 'caffe', 'tf', 'torch', 'raw', 'scale' for `mode` but received \"cafe\". Did you mean 'caffe'?",
      );
    });
  });

  it('`decode_predictions` expects a batch of predictions (i.e. a 2D array of shape (samples, 1000)). Received array with shape: (2, 10)', async () => {
    const predictions = tf.zeros([2, 10]);
    await expect(decodePredictions(predictions, { classIndex: IMAGENET_CLASS_INDEX })).rejects.toThrow(
      'Expected a batch of predictions (a 2D tensor of shape [samples, 1000]) for `predictions` but received a Tensor of shape [2, 10].',
    );
    predictions.dispose();
  });

  it('This model usually expects 1 or 3 input channels. However, it was passed an input_shape with 4 input channels.', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    for (const channels of [1, 3, 4]) {
      cifarResnet(8, { inputShape: [32, 32, channels], kernelInitializer: 'zeros' }).dispose();
    }
    expect(warn.mock.calls).toEqual([
      ['This model usually expects 1 or 3 input channels. However, `inputShape` has 4.'],
    ]);
  });
});

describe('pictures with their channels first', () => {
  it('are told apart from small ones', async () => {
    expect(await refusal({ inputShape: [3, 224, 224] })).toContain('Channels come last here');
    tf.tidy(() => {
      expect(() => preprocessInput(tf.zeros([1, 3, 8, 8]))).toThrow(
        /Channels come last here.*tf\.transpose\(pixels, \[0, 2, 3, 1\]\)/,
      );
    });
  });
});

describe('weights that are not published', () => {
  it('are refused with the nearest name, or with all there are', async () => {
    expect(await refusal({ weights: 'imagenett' })).toContain("Did you mean 'imagenet'?");
    expect(await refusal({ weights: 'resnet50.keras_in2k' })).toContain(
      "Did you mean 'resnet50.keras_in1k'?",
    );
    await expect(resnet18({ weights: 'resnet50.keras_in1k' })).rejects.toThrow(
      'Those belong to resnet50. Published for resnet18: imagenet, resnet18.tv_in1k',
    );
    await expect(cifarResnet(20, { weights: 'imagenet' })).rejects.toThrow(
      'Nothing is published for resnet20: give a file, or train it.',
    );
  });

  it('are refused for another variant, and beside options that would change what they compute', async () => {
    await expect(resnet18({ weights: 'imagenet', variant: 'keras' })).rejects.toThrow(
      'Expected \'torchvision\', what resnet18.tv_in1k was made for, for `variant` but received "keras"',
    );
    await expect(resnet50v2({ weights: 'imagenet', strideIn: 'first' })).rejects.toThrow(/`strideIn`/);
    expect(await refusal({ weights: 'resnet50.keras_in1k_notop' })).toContain('which holds no classifier');
  });
});

describe('options that there are not', () => {
  it.each([
    ['include_top', 'includeTop'],
    ['inclueTop', 'includeTop'],
    ['data_format', 'dataFormat'],
    ['input_shape', 'inputShape'],
    ['classifier_activation', 'classifierActivation'],
  ])('%s is refused and %s suggested', async (given, meant) => {
    expect(await refusal({ [given]: true })).toContain(`Did you mean '${meant}'?`);
  });

  it('of a download are refused where nothing is downloaded', async () => {
    expect(await refusal({ cacheDirectory: '/tmp' })).toContain('received "cacheDirectory"');
  });
});

describe('options out of range', () => {
  it.each<[string, ResNetOptions]>([
    ['classes', { classes: 0 }],
    ['seed', { seed: -1 }],
    ['dropRate', { dropRate: 1 }],
    ['stochasticDepth', { stochasticDepth: NaN }],
    ['outputStride', { outputStride: 4 as never }],
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

describe('a net of grouped convolutions', () => {
  it.each<[string, ResNetOptions]>([['outputStride', { outputStride: 16 }]])(
    'refuses what they can’t do: %s',
    (argument, options) => {
      expect(() => resnext50(options)).toThrow(new RegExp(`grouped convolutions .*\`${argument}\``));
    },
  );
});
