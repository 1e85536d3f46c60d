import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';

import { modelMetadata, PIXEL_NORMALIZATIONS, setModelMetadata, type ModelMetadata } from '../src';

const METADATA: ModelMetadata = {
  classNames: ['chef', 'police'],
  imageSize: [64, 48],
  normalization: PIXEL_NORMALIZATIONS.torch,
  resize: 'stretch',
  architecture: 'resnet18',
};

function useModel<Result>(use: (model: tf.LayersModel) => Result): Result {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
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
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
    setModelMetadata(model, METADATA);
    const saved: tf.io.ModelArtifacts[] = [];
    await model.save(
      tf.io.withSaveHandler((artifacts) => {
        saved.push(artifacts);
        return Promise.resolve({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) });
      }),
    );
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved[0]!));
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

  it('accepts options whose values are undefined', () => {
    useModel((model) => {
      setModelMetadata(model, { classNames: ['a'], ...({ resize: undefined } as object) });
      expect(modelMetadata(model)).toEqual({ classNames: ['a'] });
    });
  });

  it.each([
    ['classNames', 'chef'],
    ['classNames', [1]],
    ['imageSize', [0, 3]],
    ['imageSize', [3]],
    ['normalization', { ...PIXEL_NORMALIZATIONS.torch, divisor: 0 }],
    ['normalization', { ...PIXEL_NORMALIZATIONS.torch, channelOrder: 'grb' }],
    ['resize', 3],
  ])('refuses a damaged %s of %j', (key, value) => {
    useModel((model) => {
      model.setUserDefinedMetadata({ zoo: { [key]: value } });
      expect(() => modelMetadata(model)).toThrow(/metadata of model 'sequential.*' is damaged/);
    });
  });
});
