import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { PIXEL_NORMALIZATIONS, setModelMetadata, type Preprocessing } from '@zoo/core';
import { afterEach, describe, expect, it } from 'vitest';

import { evalTransform, imageBatches, memoryImageSet, trainTransform } from '../src/index';

import { noise } from './support/pictures';

afterEach(() => tf.disposeVariables());

function modelThatReads(
  preprocessing: Partial<Preprocessing> | undefined,
  inputShape: (number | null)[] = [16, 16, 3],
): tfl.LayersModel {
  const input = tfl.input({ shape: inputShape });
  const model = tfl.model({
    inputs: input,
    outputs: tfl.layers.globalAveragePooling2d({}).apply(input) as tfl.SymbolicTensor,
  });
  if (preprocessing !== undefined) setModelMetadata(model, { preprocessing });
  return model;
}

const STATED = {
  imageSize: [16, 16],
  resize: 'bilinear',
  aspect: 'resizeCrop',
  cropFraction: 0.875,
  normalization: PIXEL_NORMALIZATIONS.caffe,
} as const;

describe('evalTransform', () => {
  it('reads pictures as the model says, in their order', async () => {
    const options = evalTransform(modelThatReads(STATED));
    expect(options).toMatchObject({ ...STATED, shuffle: false });
    const set = memoryImageSet(['one'], [{ path: 'a', label: 0, image: noise(20, 30) }]);
    const { preprocessing } = await imageBatches(set, options);
    expect(preprocessing).toMatchObject(STATED);
  });

  it('reads grey for a model of one channel', () => {
    const model = modelThatReads({ normalization: PIXEL_NORMALIZATIONS.scale }, [28, 28, 1]);
    expect(evalTransform(model)).toMatchObject({ imageSize: [28, 28], colorMode: 'grayscale' });
  });

  it('takes the size of a model that leaves it open', () => {
    const model = modelThatReads({ normalization: PIXEL_NORMALIZATIONS.scale }, [null, null, 3]);
    expect(evalTransform(model, { imageSize: 24 }).imageSize).toEqual([24, 24]);
    expect(() => evalTransform(model)).toThrow(/a size: the model leaves it open for `options.imageSize`/);
  });

  it('refuses what would give wrong answers', () => {
    expect(() => evalTransform(modelThatReads(undefined))).toThrow(
      /a model whose metadata says how it reads pictures/,
    );
    expect(() => evalTransform(modelThatReads(STATED), { imageSize: 17 })).toThrow(
      /the model's own size, \[16, 16\]/,
    );
  });
});

describe('trainTransform', () => {
  it("adds a crop, a mirror image and colours to the model's own preprocessing", async () => {
    const options = trainTransform(modelThatReads(STATED), { erasing: 0.25 });
    expect(options.augment.map(({ name }) => name)).toEqual([
      'randomResizedCrop',
      'randomHorizontalFlip',
      'colorJitter',
      'randomErasing',
    ]);
    expect(options).toMatchObject({ augmentFrom: [19, 19] });
    const set = memoryImageSet(['one'], [{ path: 'a', label: 0, image: noise(20, 30) }]);
    const { preprocessing, imageShape } = await imageBatches(set, options);
    expect(imageShape).toEqual([16, 16, 3]);
    expect(preprocessing).toMatchObject(STATED);
  });

  it('leaves out what is switched off, and draws by a policy in place of colours', () => {
    const model = modelThatReads(STATED);
    const names = (options: Parameters<typeof trainTransform>[1]) =>
      trainTransform(model, options).augment.map(({ name }) => name);
    expect(names({ horizontalFlip: 0, colorJitter: 0 })).toEqual(['randomResizedCrop']);
    expect(names({ policy: 'trivialAugmentWide' })).toContain('trivialAugmentWide');
    expect(names({ policy: 'randAugment' })).not.toContain('colorJitter');
  });
});
