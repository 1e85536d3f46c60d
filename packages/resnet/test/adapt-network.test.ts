import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata, PIXEL_NORMALIZATIONS, updateModelMetadata } from '@zoo/core';
import { encodeSafetensors } from '@zoo/weights';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { adaptNetwork, createResnet, loadNetwork, pooledFeatures } from '../src';

beforeAll(() => tf.setBackend('cpu'));
// Builders warn of inputs of other than 1 or 3 channels, as Keras does.
beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
});

const built = (channels: number): tfl.LayersModel =>
  createResnet('test_resnet', { inputShape: [32, 32, channels], classes: 3, seed: 1 });

/** What the network makes of a picture before its classifier. */
function featuresOf(model: tfl.LayersModel, picture: tf.Tensor): tf.Tensor {
  return pooledFeatures(model).predict(picture) as tf.Tensor;
}

const largest = (left: tf.Tensor, right: tf.Tensor): number =>
  tf.max(tf.abs(tf.sub(left, right))).dataSync()[0]!;

describe('adaptNetwork', () => {
  it('for one channel sees in a grey picture what the network saw in three equal channels', () => {
    const model = built(3);
    const grey = adaptNetwork(model, { channels: 1 });
    tf.tidy(() => {
      const picture = tf.randomUniform([1, 32, 32, 1], -1, 1, 'float32', 2);
      const three = featuresOf(model, tf.tile(picture, [1, 1, 1, 3]));
      expect(largest(three, featuresOf(grey, picture))).toBeLessThan(1e-5);
      // The same classes keep their classifier.
      const [one, other] = [model.predict(tf.tile(picture, [1, 1, 1, 3])), grey.predict(picture)];
      expect(largest(one as tf.Tensor, other as tf.Tensor)).toBeLessThan(1e-5);
    });
    for (const each of [model, grey]) each.dispose();
  });

  it('for six channels sees in a picture twice what the network saw in it once', () => {
    const model = built(3);
    const six = adaptNetwork(model, { channels: 6 });
    tf.tidy(() => {
      const picture = tf.randomUniform([1, 32, 32, 3], -1, 1, 'float32', 2);
      expect(
        largest(featuresOf(model, picture), featuresOf(six, tf.concat([picture, picture], 3))),
      ).toBeLessThan(1e-5);
    });
    for (const each of [model, six]) each.dispose();
  });

  it('for other classes draws a classifier by the seed and keeps the rest', () => {
    const model = built(3);
    const [one, same, other] = [1, 1, 2].map((seed) => adaptNetwork(model, { classes: 5, seed }));
    tf.tidy(() => {
      const picture = tf.randomUniform([1, 32, 32, 3], -1, 1, 'float32', 2);
      const [answer, again, different] = [one!, same!, other!].map(
        (each) => each.predict(picture) as tf.Tensor,
      );
      expect(answer!.shape).toEqual([1, 5]);
      expect(largest(answer!, again!)).toBe(0);
      expect(largest(answer!, different!)).toBeGreaterThan(1e-3);
      expect(largest(featuresOf(model, picture), featuresOf(one!, picture))).toBe(0);
    });
    for (const each of [model, one!, same!, other!]) each.dispose();
  });

  it('hands on how pictures are read; names of classes only with the classes', () => {
    const model = built(3);
    const preprocessing = { cropFraction: 0.9, normalization: PIXEL_NORMALIZATIONS.torch };
    updateModelMetadata(model, { classNames: ['a', 'b', 'c'], preprocessing });
    const [grey, more] = [adaptNetwork(model, { channels: 1 }), adaptNetwork(model, { classes: 4 })];
    const mean = (0.485 + 0.456 + 0.406) / 3;
    expect(modelMetadata(grey)).toMatchObject({
      architecture: 'test_resnet',
      classNames: ['a', 'b', 'c'],
      preprocessing: {
        cropFraction: 0.9,
        colorMode: 'grayscale',
        normalization: { mean: [mean, mean, mean] },
      },
    });
    expect(modelMetadata(more)?.classNames).toBeUndefined();
    expect(modelMetadata(more)?.preprocessing).toEqual(preprocessing);
    for (const each of [model, grey, more]) each.dispose();
  });

  it('is an option of what loads weights', async () => {
    const model = built(3);
    const file = await encodeSafetensors(model);
    const adapted = await loadNetwork(file, {
      imageSize: [32, 32],
      adapt: { channels: 1, classes: 5, seed: 1 },
      dropRate: 0.5,
    });
    const expected = adaptNetwork(model, { channels: 1, classes: 5, seed: 1 });
    tf.tidy(() => {
      const picture = tf.randomUniform([1, 32, 32, 1], -1, 1, 'float32', 2);
      const [one, other] = [adapted, expected].map((each) => each.predict(picture) as tf.Tensor);
      expect(largest(one!, other!)).toBe(0);
    });
    expect(adapted.layers.some((layer) => layer.getClassName() === 'Dropout')).toBe(true);
    for (const each of [model, adapted, expected]) each.dispose();
  });

  it('keeps what a network ends in, and the network itself', () => {
    const headless = createResnet('test_resnet', {
      includeTop: false,
      pooling: 'avg',
      inputShape: [32, 32, 3],
    });
    const logits = createResnet('test_resnet', {
      inputShape: [32, 32, 3],
      classes: 3,
      classifierActivation: null,
    });
    const copies = [adaptNetwork(headless, { channels: 4 }), adaptNetwork(logits, { channels: 4 })];
    expect(copies.map(({ outputs }) => outputs[0]!.shape)).toEqual([
      [null, 96],
      [null, 3],
    ]);
    expect(copies[1]!.getLayer('predictions').getConfig()['activation']).toBe('linear');
    expect(headless.inputs[0]!.shape).toEqual([null, 32, 32, 3]);
    for (const each of [headless, logits, ...copies]) each.dispose();
  });

  it('refuses what it can’t make, and leaks nothing', () => {
    const model = built(4);
    expect(() => adaptNetwork(model, { channels: 5 })).toThrow(
      /reads 3 channels, to adapt it to 5.*it reads 4/,
    );
    expect(() => adaptNetwork(model, { classes: 0 })).toThrow(/`options.classes`/);
    model.dispose();
    const normalized = createResnet('preactivation_resnet18', {
      inputShape: [32, 32, 3],
      kernelInitializer: 'zeros',
    });
    expect(() => adaptNetwork(normalized, { channels: 1 })).toThrow(/data_bn/);
    normalized.dispose();
  });
});
