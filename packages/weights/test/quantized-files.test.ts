import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { isZooError } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import {
  encodeSafetensors,
  inspectWeights,
  loadLayersModel,
  loadSafetensors,
  loadTorchWeights,
  memorySource,
  modelWeights,
  readSafetensors,
  saveLayersModel,
  saveModelFile,
  writeSafetensors,
  type WritableTensor,
} from '../src/node';

import {
  nestedModel,
  outputsOf,
  randomizeWeights,
  smallResidualNet,
  zeroWeights,
} from './support/small-models';

const place = temporaryDirectory('suite');

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Layers whose outputs lie along different axes of their kernels. */
function manyKernels(): tfl.LayersModel {
  const model = tfl.sequential({ name: 'many' });
  model.add(tfl.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, inputShape: [6, 6, 3] }));
  model.add(tfl.layers.conv2dTranspose({ filters: 5, kernelSize: 2 }));
  model.add(tfl.layers.separableConv2d({ filters: 4, kernelSize: 2 }));
  model.add(tfl.layers.flatten());
  model.add(tfl.layers.dense({ units: 3 }));
  return randomizeWeights(model);
}

const MODELS = [
  ['a residual net', smallResidualNet],
  ['a nested model', nestedModel],
  ['layers with their outputs on every axis', manyKernels],
] as const;

function valuesOf(model: tfl.LayersModel): Map<string, Float32Array> {
  return new Map(
    modelWeights(model).map(({ name, variable }) => [name, variable.read().dataSync() as Float32Array]),
  );
}

describe('safetensors in int8', () => {
  it.each(MODELS)('of %s loads within half a step of each kernel, all else exact', async (_, build) => {
    const model = build();
    const bytes = await encodeSafetensors(model, { dtype: 'int8' });
    const before = valuesOf(model);
    zeroWeights(model);
    await loadSafetensors(model, bytes);
    const file = readSafetensors(bytes);
    let kernels = 0;
    for (const [name, values] of valuesOf(model)) {
      const scales = file.tensor(`${name}_scale`)?.values as Float32Array | undefined;
      const halfStep = scales === undefined ? 0 : Math.max(...scales) * 0.50001;
      kernels += Number(scales !== undefined);
      for (const [i, value] of values.entries())
        expect(Math.abs(value - before.get(name)![i]!)).toBeLessThanOrEqual(halfStep);
    }
    expect(kernels).toBeGreaterThan(2);
    model.dispose();
  });

  it('has a scale for each output, in the shape that NumPy multiplies by', async () => {
    const model = manyKernels();
    const file = readSafetensors(await encodeSafetensors(model, { dtype: 'int8' }));
    const shapes = file.names
      .filter((name) => name.endsWith('_scale'))
      .map((name) => file.tensor(name)!.shape);
    expect(shapes.map(String).sort()).toEqual(['1,1,1,4', '1,1,3,2', '1,1,5,1', '1,1,5,1', '1,3'].sort());
    model.dispose();
  });

  it('is inspected as what it was made from', async () => {
    const model = smallResidualNet();
    const small = await inspectWeights(await encodeSafetensors(model, { dtype: 'int8' }));
    const whole = await inspectWeights(await encodeSafetensors(model));
    const byName = ({ tensors }: typeof small) => [...tensors].sort((a, b) => a.name.localeCompare(b.name));
    expect(byName(small)).toEqual(byName(whole));
    model.dispose();
  });

  it.each<[string, WritableTensor]>([
    ['of another shape', { shape: [2], values: Float32Array.of(1, 1) }],
    ['of whole numbers', { shape: [1, 2], values: Int32Array.of(1, 1) }],
    ['that are zero', { shape: [1, 2], values: Float32Array.of(1, 0) }],
    ['that are not finite', { shape: [1, 2], values: Float32Array.of(1, NaN) }],
  ])('with scales %s is refused, and the model stays as it was', async (_, scale) => {
    const model = tfl.sequential({ name: 'm' });
    model.add(tfl.layers.dense({ name: 'd', units: 2, useBias: false, inputShape: [3] }));
    const before = valuesOf(model).get('d/kernel')!;
    const kernel = { shape: [3, 2], values: new Int8Array(6).fill(5) };
    const bytes = writeSafetensors({ 'd/kernel': kernel, 'd/kernel_scale': scale }, { format: 'tf' });
    await expect(loadSafetensors(model, bytes)).rejects.toSatisfy((error) =>
      isZooError(error, 'invalid-file'),
    );
    expect(valuesOf(model).get('d/kernel')).toEqual(before);
    model.dispose();
  });

  it('is read in the layout of other programs: whole numbers and a scale for each row', async () => {
    const model = tfl.sequential({ name: 'm' });
    model.add(tfl.layers.dense({ name: 'predictions', units: 2, useBias: false, inputShape: [3] }));
    const bytes = writeSafetensors({
      'fc.weight': { shape: [2, 3], values: Int8Array.of(1, 2, 3, 4, 5, 6) },
      'fc.weight_scale': { shape: [2, 1], values: Float32Array.of(0.5, 2) },
    });
    await loadTorchWeights(model, memorySource(bytes));
    expect([...valuesOf(model).get('predictions/kernel')!]).toEqual([0.5, 8, 1, 10, 1.5, 12]);
    model.dispose();
  });

  it('of weights that are not finite is refused by their name, and no file is left', async () => {
    const model = smallResidualNet();
    const kernel = modelWeights(model).find(({ name }) => name === 'b_conv/kernel')!;
    tf.tidy(() => void kernel.variable.write(tf.fill(kernel.variable.shape as number[], NaN)));
    for (const name of ['bad.safetensors', 'bad.onnx'])
      await expect(saveModelFile(model, place(name), { dtype: 'int8' })).rejects.toThrow(
        /b_conv.kernel holds NaN/,
      );
    await expect(saveLayersModel(model, place('bad'), { dtype: 'uint8' })).rejects.toThrow(
      /b_conv.kernel holds NaN/,
    );
    expect(await readdir(place())).toEqual([]);
    model.dispose();
  });
});

describe('a LayersModel in fewer bytes', () => {
  it.each([
    ['float16', 1e-3, 0.55],
    ['uint16', 1e-4, 0.75],
    ['uint8', 0.02, 0.62],
  ] as const)('as %s is loaded by stock TensorFlow.js and by us alike', async (dtype, error, share) => {
    const model = smallResidualNet();
    await saveLayersModel(model, place(dtype), { dtype });
    const json = JSON.parse(await readFile(join(place(dtype), 'model.json'), 'utf8')) as {
      modelTopology: object;
      weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
    };
    const { paths, weights } = json.weightsManifest[0]!;
    const weightData = await readFile(join(place(dtype), paths[0]!));
    expect(weightData.byteLength).toBeLessThan(share * 4 * model.countParams());
    const artifacts = {
      modelTopology: json.modelTopology,
      weightSpecs: weights,
      weightData: new Uint8Array(weightData).buffer,
    };
    const stock = await tfl.loadLayersModel(tf.io.fromMemory(artifacts));
    const ours = await loadLayersModel(place(dtype));
    expect(outputsOf(ours)).toEqual(outputsOf(stock));
    const distances = outputsOf(ours).map((value, i) => Math.abs(value - outputsOf(model)[i]!));
    expect(Math.max(...distances)).toBeLessThan(error);
    expect(Math.max(...distances)).toBeGreaterThan(0);
    for (const each of [model, stock, ours]) each.dispose();
  });

  it('quantizes kernels alone: batch norms and biases are exact', async () => {
    const model = smallResidualNet();
    await saveLayersModel(model, place('kernels'), { dtype: 'uint8' });
    const loaded = await loadLayersModel(place('kernels'));
    const after = valuesOf(loaded);
    for (const [name, values] of valuesOf(model)) {
      if (name.endsWith('kernel')) expect(after.get(name)).not.toEqual(values);
      else expect(after.get(name)).toEqual(values);
    }
    model.dispose();
    loaded.dispose();
  });
});

describe('saveModelFile', () => {
  it('refuses float16 where the format has no room for it', async () => {
    const model = smallResidualNet();
    await expect(saveModelFile(model, place('model.h5'), { dtype: 'float16' })).rejects.toThrow(
      'Only .safetensors and .onnx hold others.',
    );
    model.dispose();
  });
});
