import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { encodeSafetensors, type HostTensor, writeSafetensors } from '@zoo/weights';
import {
  loadKerasModel,
  loadLayersModel,
  saveKeras,
  saveKerasH5,
  saveLayersModel,
  saveSafetensors,
} from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import {
  averaged,
  blurred,
  createResnet,
  evoNormS0,
  filterResponse,
  groupNorm,
  identifyNetwork,
  loadNetwork,
  resnet18,
  type ResNetOptions,
} from '../src';

const place = temporaryDirectory('suite');
beforeAll(async () => {
  await tf.setBackend('cpu');
});

const small: ResNetOptions = { inputShape: [32, 32, 3], classes: 5, seed: 1 };

function build(name: string, options: ResNetOptions = {}): tfl.LayersModel {
  return createResnet(name, { ...small, ...options });
}

/** The weights in safetensors of another program: without what this package writes beside them. */
function foreign(model: tfl.LayersModel): Blob {
  const tensors = model.weights.map((weight): [string, HostTensor] => [
    weight.originalName,
    { shape: weight.shape as number[], values: weight.read().dataSync() as Float32Array },
  ]);
  return new Blob([writeSafetensors(tensors, { format: 'tf' })]);
}

describe('identifyNetwork', () => {
  it.each([
    'resnet10t',
    'test_resnet',
    'ecaresnet26t',
    'resnetrs50',
    'seresnet18',
    'resnetv2_18d',
    'resnetv2_50d_gn',
  ])('tells %s by the shapes of its weights alone', async (name) => {
    const model = build(name);
    const identity = await identifyNetwork(foreign(model));
    model.dispose();
    expect(identity).toMatchObject({
      architecture: name,
      options: {},
      ambiguities: [],
      classes: 5,
      channels: 3,
    });
  });

  it('takes a network that halves without aliasing for one that strides, unless the file is called after it', async () => {
    const model = build('resnetblur18');
    const bytes = foreign(model);
    model.dispose();
    expect((await identifyNetwork(bytes)).architecture).toBe('resnet18');
    const named = new File([bytes], 'resnetblur18-84f4748f.safetensors');
    expect((await identifyNetwork(named)).architecture).toBe('resnetblur18');
  });
});

describe('pieces as options', () => {
  it.each<[string, ResNetOptions]>([
    [
      'resnet18',
      { variant: 'torchvision', normalization: groupNorm, antialias: blurred, activation: 'swish' },
    ],
    ['resnet18', { variant: 'keras', normalization: evoNormS0, antialias: averaged }],
    ['resnet10t', { antialias: blurred }],
  ])('of %s travel with the weights: %o', async (name, options) => {
    const model = build(name, options);
    const loaded = await loadNetwork(await encodeSafetensors(model), { inputShape: [32, 32, 3] });
    expectSameOutputs(loaded, model);
    loaded.dispose();
    model.dispose();
  });

  it('have to be named where a file is read by a builder, which would not load them all', async () => {
    const model = build('resnet18', { variant: 'torchvision', antialias: blurred });
    const path = place('blurred.safetensors');
    await saveSafetensors(model, path);
    await expect(resnet18({ weights: path })).rejects.toThrow(/`options\.antialias`.*blurred/);
    const loaded = await resnet18({ weights: path, antialias: blurred, inputShape: [32, 32, 3] });
    expectSameOutputs(loaded, model);
    loaded.dispose();
    model.dispose();
  });
});

describe('layers that stock TensorFlow.js lacks', () => {
  it('are saved in Keras’ formats where Keras has an equal, and come back', async () => {
    const model = build('seresnext26d_32x4d', { normalization: groupNorm });
    for (const [save, ending] of [
      [saveKeras, '.keras'],
      [saveKerasH5, '.h5'],
    ] as const) {
      const path = place(`grouped${ending}`);
      await save(model, path);
      const loaded = await loadKerasModel(path);
      expectSameOutputs(loaded, model);
      loaded.dispose();
    }
    model.dispose();
  });

  const refusal = /Expected layers that Keras has but '\w+' is a Zoo\w+, which it has no equal of/;

  it.each<[string, ResNetOptions]>([
    ['resnetblur18', {}],
    ['resnet18', { normalization: evoNormS0 }],
    ['test_resnet', { normalization: filterResponse }],
  ])('are refused by name there, and come back from model.json: %s with %o', async (name, options) => {
    const model = build(name, options);
    await expect(saveKeras(model, place('model.keras'))).rejects.toThrow(refusal);
    await expect(saveKerasH5(model, place('model.h5'))).rejects.toThrow(refusal);
    await saveLayersModel(model, place(name));
    const loaded = await loadLayersModel(place(name, 'model.json'));
    expectSameOutputs(loaded, model);
    loaded.dispose();
    model.dispose();
  });

  it('are refused by name there: standardised kernels', async () => {
    const model = build('resnetv2_50x1_bit', { kernelInitializer: 'zeros' });
    await expect(saveKeras(model, place('bit.keras'))).rejects.toThrow(refusal);
    model.dispose();
  });
});

function expectSameOutputs(loaded: tfl.LayersModel, model: tfl.LayersModel): void {
  tf.tidy(() => {
    const x = tf.randomNormal([1, 32, 32, 3], 0, 1, 'float32', 5);
    const [actual, expected] = [loaded, model].map((each) => [...(each.predict(x) as tf.Tensor).dataSync()]);
    expect(actual).toEqual(expected);
  });
}
