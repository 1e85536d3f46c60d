import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';

import {
  modelMetadata,
  modelMetadataJson,
  parseModelMetadata,
  PIXEL_NORMALIZATIONS,
  setModelMetadata,
  updateModelMetadata,
  type ModelMetadata,
} from '../src';

const METADATA: ModelMetadata = {
  classNames: ['chef', 'police'],
  preprocessing: {
    imageSize: [64, 48],
    normalization: PIXEL_NORMALIZATIONS.torch,
    resize: 'nearest',
    aspect: 'resizeCrop',
    cropFraction: 0.875,
    padColor: [0, 10, 255],
    colorMode: 'rgb',
  },
  head: 'multiLabel',
  architecture: 'resnet18',
  architectureOptions: { variant: 'torchvision', outputStride: 16 },
};

function useModel<Result>(use: (model: tfl.LayersModel) => Result): Result {
  const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [3] })] });
  try {
    return use(model);
  } finally {
    model.dispose();
  }
}

describe('model metadata', () => {
  it('is absent from a model that was given none', () => {
    expect(useModel(modelMetadata)).toBeUndefined();
  });

  it('survives a save and a load by TensorFlow.js itself', async () => {
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [3] })] });
    setModelMetadata(model, METADATA);
    const saved: tf.io.ModelArtifacts[] = [];
    await model.save(
      tf.io.withSaveHandler((artifacts) => {
        saved.push(artifacts);
        return Promise.resolve({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) });
      }),
    );
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved[0]!));
    expect(modelMetadata(loaded)).toEqual(METADATA);
    model.dispose();
    loaded.dispose();
  });

  it('leaves other user-defined metadata in place', () => {
    useModel((model) => {
      model.setUserDefinedMetadata({ author: 'Ada' });
      setModelMetadata(model, METADATA);
      expect(model.getUserDefinedMetadata()).toEqual({ author: 'Ada', zoo: METADATA });
    });
  });

  it('changes the fields that it is given and keeps the others', () => {
    useModel((model) => {
      setModelMetadata(model, METADATA);
      updateModelMetadata(model, { classNames: ['x', 'y'] });
      expect(modelMetadata(model)).toEqual({ ...METADATA, classNames: ['x', 'y'] });
    });
  });

  it('goes through text and back', () => {
    useModel((model) => {
      expect(modelMetadataJson(model)).toBeUndefined();
      setModelMetadata(model, METADATA);
      expect(parseModelMetadata(modelMetadataJson(model)!, 'a.h5')).toEqual(METADATA);
    });
  });

  it.each(['', '[]', '{"head":1}'])('names the file whose text is damaged: %j', (text) => {
    expect(() => parseModelMetadata(text, 'a.h5')).toThrow(/in a\.h5 but they are damaged/);
  });

  it('accepts options whose values are undefined', () => {
    useModel((model) => {
      setModelMetadata(model, { classNames: ['a'], ...({ head: undefined } as object) });
      expect(modelMetadata(model)).toEqual({ classNames: ['a'] });
    });
  });

  it.each([
    ['classNames', 'chef'],
    ['classNames', [1]],
    ['preprocessing', 'torch'],
    ['preprocessing', { imageSize: [0, 3] }],
    ['preprocessing', { imageSize: [3] }],
    ['preprocessing', { normalization: { ...PIXEL_NORMALIZATIONS.torch, divisor: 0 } }],
    ['preprocessing', { normalization: { ...PIXEL_NORMALIZATIONS.torch, channelOrder: 'grb' } }],
    ['preprocessing', { resize: 'bicubically' }],
    ['preprocessing', { cropFraction: 1.5 }],
    ['preprocessing', { padColor: [0, 0, 256] }],
    ['head', 'linear'],
    ['architectureOptions', { variant: {} }],
  ])('refuses a damaged %s of %j', (key, value) => {
    useModel((model) => {
      model.setUserDefinedMetadata({ zoo: { [key]: value } });
      expect(() => modelMetadata(model)).toThrow(/metadata of model 'sequential.*' is damaged/);
    });
  });
});
