import { readFile, writeFile } from 'node:fs/promises';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata, PIXEL_NORMALIZATIONS, setModelMetadata, type ModelMetadata } from '@zoo/core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import {
  exportOnnx,
  inspectWeights,
  loadKerasModel,
  loadLayersModel,
  loadWeightsFile,
  saveKeras,
  saveKerasH5,
  saveKerasWeights,
  saveLayersModel,
  saveSafetensors,
} from '../src/node';

const METADATA: ModelMetadata = {
  classNames: ['Koch', '医生', 'x"y\\z'],
  preprocessing: {
    imageSize: [6, 5],
    resize: 'nearest',
    aspect: 'pad',
    padColor: [1, 2, 3],
    normalization: PIXEL_NORMALIZATIONS.caffe,
  },
  head: 'multiLabel',
  architecture: 'resnet20',
  architectureOptions: { stem: 'half' },
};

const models: tfl.LayersModel[] = [];
const place = temporaryDirectory('suite');

function smallModel(units = 3): tfl.LayersModel {
  const model = tfl.sequential({
    name: 'small',
    layers: [
      tfl.layers.flatten({ inputShape: [6, 5, 3], name: 'flat' }),
      tfl.layers.dense({ units, name: 'predictions', activation: 'sigmoid' }),
    ],
  });
  models.push(model);
  return model;
}

function describedModel(): tfl.LayersModel {
  const model = smallModel();
  setModelMetadata(model, METADATA);
  return model;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});

describe('class names and preprocessing', () => {
  it.each([
    ['a TensorFlow.js model', saveLayersModel, loadLayersModel, 'tfjs'],
    ['.h5', saveKerasH5, loadKerasModel, 'model.h5'],
    ['.keras', saveKeras, loadKerasModel, 'model.keras'],
  ] as const)('come back with %s', async (_, save, load, name) => {
    await save(describedModel(), place(name));
    const loaded = await load(place(name));
    models.push(loaded);
    expect(modelMetadata(loaded)).toEqual(METADATA);
  });

  const saveWeightsOnly = (model: tfl.LayersModel, path: string) =>
    saveKerasH5(model, path, { weightsOnly: true });
  const saveShards = (model: tfl.LayersModel, path: string) =>
    saveKerasWeights(model, path, { maxShardBytes: 1200 });
  it.each([
    ['weights of .h5', saveWeightsOnly, 'weights-only.h5'],
    ['.weights.h5', saveKerasWeights, 'a.weights.h5'],
    ['.weights.json', saveShards, 'b.weights.json'],
    ['safetensors', saveSafetensors, 'c.safetensors'],
  ] as const)('come with %s into a model that is there', async (_, save, name) => {
    await save(describedModel(), place(name));
    const target = smallModel();
    await loadWeightsFile(target, place(name));
    expect(modelMetadata(target)).toEqual(METADATA);
    const { metadata } = await inspectWeights(place(name));
    expect(JSON.parse(metadata['zoo']!)).toEqual(METADATA);
  });

  it('leave class names behind where the model tells another number of classes apart', async () => {
    await saveSafetensors(describedModel(), place('three.safetensors'));
    const target = smallModel(2);
    setModelMetadata(target, { classNames: ['a', 'b'], architecture: 'other' });
    await loadWeightsFile(target, place('three.safetensors'), { skipMismatch: true });
    expect(modelMetadata(target)).toEqual({
      classNames: ['a', 'b'],
      architecture: 'other',
      preprocessing: METADATA.preprocessing,
    });
  });

  it('stand in the metadata of ONNX', async () => {
    const bytes = Buffer.from(await exportOnnx(describedModel()));
    expect(bytes.includes(Buffer.from(JSON.stringify(METADATA)))).toBe(true);
    expect(Buffer.from(await exportOnnx(smallModel())).includes('zoo\u0012')).toBe(false);
  });

  it('that are damaged are an error with the file’s name, and the model stays as it was', async () => {
    const path = place('damaged.safetensors');
    await saveSafetensors(describedModel(), path);
    const bytes = await readFile(path);
    const damaged = Buffer.from(bytes.toString('latin1').replace('multiLabel', 'multiLabbl'), 'latin1');
    const target = smallModel();
    await expect(loadWeightsFile(target, path)).resolves.toBeDefined();
    await writeFile(path, damaged);
    const untouched = smallModel();
    const [before] = await Promise.all(untouched.getWeights().map((weight) => weight.data()));
    await expect(loadWeightsFile(untouched, path)).rejects.toThrow(
      /damaged\.safetensors but they are damaged/,
    );
    expect(await untouched.getWeights()[0]!.data()).toEqual(before);
    expect(modelMetadata(untouched)).toBeUndefined();
  });
});
