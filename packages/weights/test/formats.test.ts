import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import {
  encodeModelFile,
  inspectWeights,
  loadSafetensors,
  loadTorchWeights,
  loadWeightsFile,
  saveModelFile,
  writeSafetensors,
} from '../src/node';

const place = temporaryDirectory('suite');
beforeAll(async () => {
  await tf.setBackend('cpu');
});

function twoLayers(): tfl.Sequential {
  const layers = ['first', 'second'].map((name) =>
    tfl.layers.dense({ name, units: 2, inputShape: [2], useBias: false }),
  );
  return tfl.sequential({ name: 'two', layers });
}

const valuesOf = (model: tfl.LayersModel): number[][] =>
  model.getWeights().map((weight) => [...weight.dataSync()]);

describe('saveModelFile', () => {
  it.each([
    ['.h5', 'legacy-h5'],
    ['.weights.h5', 'weights-h5'],
    ['.keras', 'keras-archive'],
    ['.safetensors', 'safetensors'],
  ])('writes %s, which is told as %s and loads', async (ending, format) => {
    const [model, empty] = [twoLayers(), twoLayers()];
    const path = place(`model${ending}`);
    await saveModelFile(model, path);
    expect((await inspectWeights(path)).format).toBe(format);
    await loadWeightsFile(empty, path);
    expect(valuesOf(empty)).toEqual(valuesOf(model));
    model.dispose();
    empty.dispose();
  });

  it('writes float16 safetensors of half the size, which give every weight to the third digit', async () => {
    const [model, empty] = [twoLayers(), twoLayers()];
    await saveModelFile(model, place('half.safetensors'), { dtype: 'float16' });
    await loadWeightsFile(empty, place('half.safetensors'));
    const [exact, half] = [valuesOf(model).flat(), valuesOf(empty).flat()];
    expect(
      Math.max(...exact.map((value, i) => Math.abs(value - half[i]!) / Math.abs(value || 1))),
    ).toBeLessThan(2 ** -11);
    expect(half).not.toEqual(exact);
    model.dispose();
    empty.dispose();
  });

  it.each([
    ['.h5', 1, "Expected 'float32' for"],
    ['.safetensors', 70000, 'Expected weights of at most 65504 for float16'],
  ])('refuses float16 in %s with weights of %s, and writes nothing', async (ending, scale, message) => {
    const model = twoLayers();
    tf.tidy(() => model.setWeights(model.getWeights().map((weight) => tf.fill(weight.shape, scale))));
    await expect(saveModelFile(model, place(`no${ending}`), { dtype: 'float16' })).rejects.toThrow(message);
    expect(existsSync(place(`no${ending}`))).toBe(false);
    model.dispose();
  });

  it('refuses an ending that names no format, and lists those that do', async () => {
    const model = twoLayers();
    await expect(saveModelFile(model, place('model.pth'))).rejects.toMatchObject({
      code: 'invalid-argument',
      message:
        'Expected a name that ends in .weights.h5, .h5, .keras, .safetensors, .onnx for `path` but received ".pth".',
    });
    model.dispose();
  });
});

describe('encodeModelFile', () => {
  it.each(['.h5', '.weights.h5', '.keras', '.safetensors', '.onnx'])(
    'gives the bytes that saveModelFile writes for %s',
    async (ending) => {
      const model = twoLayers();
      const path = place(`encoded${ending}`);
      await saveModelFile(model, path);
      const blob = await encodeModelFile(model, `pets${ending}`);
      expect(Buffer.from(await blob.arrayBuffer()).equals(await readFile(path))).toBe(true);
      model.dispose();
    },
  );

  it('refuses an ending that names no format', async () => {
    const model = twoLayers();
    await expect(encodeModelFile(model, 'model.pth')).rejects.toThrow('for `name` but received ".pth".');
    model.dispose();
  });
});

describe('rename', () => {
  const identity = { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) };
  const other = { shape: [2, 2], values: Float32Array.of(5, 6, 7, 8) };

  it.each([
    ['PyTorch', loadTorchWeights, '.weight', [1, 3, 2, 4], [5, 7, 6, 8]],
    ['safetensors', loadSafetensors, '/kernel', [1, 2, 3, 4], [5, 6, 7, 8]],
  ] as const)(
    'leaves the names of a %s file that a table lacks, and leaves out those it has undefined',
    async (_, load, weight, first, second) => {
      const model = twoLayers();
      const bytes = writeSafetensors({
        [`a${weight}`]: identity,
        [`second${weight}`]: other,
        [`extra${weight}`]: other,
      });
      await expect(load(model, bytes, { rename: { a: 'first' } })).rejects.toThrow(
        /1 unexpected in the file: extra/,
      );
      await load(model, bytes, { rename: { a: 'first', extra: undefined } });
      expect(valuesOf(model)).toEqual([[...first], [...second]]);
      model.dispose();
    },
  );
});
