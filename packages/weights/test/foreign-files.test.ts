import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';

import { openHdf5 } from '../src/hdf5/hdf5-file';
import {
  inspectWeights,
  loadKerasModel,
  loadKerasWeights,
  loadTorchWeights,
  loadWeightsFile,
  memorySource,
} from '../src/index';
import { writeSafetensors } from '../src/safetensors/write-safetensors';

import { zeroWeights } from './support/small-models';

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const expected = JSON.parse(readFileSync(fixture('files-outputs.json'), 'utf8')) as {
  keras: number[];
  torch: number[];
};

/** The picture that scripts/golden/weights_files.py shows to its models. */
function picture(): tf.Tensor {
  return tf.tensor(
    Float32Array.from({ length: 2 * 8 * 8 * 3 }, (_, i) => Math.sin(i)),
    [2, 8, 8, 3],
  );
}

function expectOutputs(model: tfl.LayersModel, values: readonly number[]): void {
  const outputs = tf.tidy(() => [...(model.predict(picture()) as tf.Tensor).dataSync()]);
  outputs.forEach((output, i) => expect(output).toBeCloseTo(values[i]!, 5));
}

function torchNet(): tfl.LayersModel {
  const model = tfl.sequential({ name: 'torch' });
  const convolve = tfl.layers.conv2d({
    name: 'conv1_conv',
    filters: 4,
    kernelSize: 3,
    padding: 'same',
    useBias: false,
    inputShape: [8, 8, 3],
  });
  model.add(convolve);
  model.add(tfl.layers.batchNormalization({ name: 'conv1_bn', epsilon: 1e-5 }));
  model.add(tfl.layers.activation({ activation: 'relu' }));
  model.add(tfl.layers.globalAveragePooling2d({}));
  model.add(tfl.layers.dense({ name: 'predictions', units: 5 }));
  return model;
}

describe('files that Keras 3 wrote', () => {
  it.each(['keras3.h5', 'keras3.keras'])('%s becomes a model with equal outputs', async (name) => {
    const model = await loadKerasModel(fixture(name));
    expectOutputs(model, expected.keras);
    model.dispose();
  });

  it('keras3.weights.h5 fills a model by the names in it', async () => {
    const model = await loadKerasModel(fixture('keras3.h5'));
    zeroWeights(model);
    await loadKerasWeights(model, fixture('keras3.weights.h5'));
    expectOutputs(model, expected.keras);
    model.dispose();
  });

  it('a .keras of Windows, with backslashes in its names, is read alike', async () => {
    const bytes = new Uint8Array(await readFile(fixture('keras3.keras')));
    // No name in this archive has a separator: one is put in, in both places where it stands.
    const text = Buffer.from(bytes).toString('latin1').replaceAll('metadata.json', 'x\\etadata.jso');
    const model = await loadKerasModel(new Uint8Array(Buffer.from(text, 'latin1')));
    expectOutputs(model, expected.keras);
    model.dispose();
  });
});

describe('files that Keras 2.13 wrote, which counts layers with weights twice', () => {
  const outputs = JSON.parse(readFileSync(fixture('keras-2.13-outputs.json'), 'utf8')) as number[];

  function expectOld(model: tfl.LayersModel): void {
    const pixels = Float32Array.from({ length: 32 }, (_, i) => Math.sin(1.7 * i + 0.5));
    const values = tf.tidy(() => [
      ...(model.predict(tf.tensor(pixels, [1, 4, 4, 2])) as tf.Tensor).dataSync(),
    ]);
    values.forEach((value, i) => expect(value).toBeCloseTo(outputs[i]!, 5));
  }

  it('its .keras becomes a model with equal outputs', async () => {
    const model = await loadKerasModel(fixture('keras-2.13.keras'));
    expectOld(model);
    model.dispose();
  });

  it('its .weights.h5 fills a model', async () => {
    const model = await loadKerasModel(fixture('keras-2.13.keras'));
    zeroWeights(model);
    await loadKerasWeights(model, fixture('keras-2.13.weights.h5'));
    expectOld(model);
    model.dispose();
  });
});

describe('files that PyTorch wrote', () => {
  it.each(['torch-zip.pth', 'torch-legacy.pth'])('%s fills a model with equal outputs', async (name) => {
    const model = torchNet();
    const report = await loadTorchWeights(model, fixture(name));
    expect(report.loaded).toHaveLength(7);
    expectOutputs(model, expected.torch);
    model.dispose();
  });

  it.each(['beside.pth.tar', 'averaged.pth', 'compiled.pth', 'lightning.ckpt', 'head.pth', 'nested.pth'])(
    'torch-%s, as training programs save them, fills a model with equal outputs',
    async (name) => {
      const model = torchNet();
      const report = await loadWeightsFile(model, fixture(`torch-${name}`));
      expect(report.loaded).toHaveLength(7);
      expectOutputs(model, expected.torch);
      model.dispose();
    },
  );

  it('names of classes beside the weights are read in label order', async () => {
    expect((await inspectWeights(fixture('torch-beside.pth.tar'))).classNames).toEqual(['yes', 'no']);
  });

  it('several modules that one layer would be filled from are unexpected, each by its own name', async () => {
    const model = torchNet();
    const values = new Float32Array(20);
    const bytes = writeSafetensors({
      'fc.0.weight': { shape: [5, 4], values },
      'fc.3.weight': { shape: [5, 4], values },
    });
    await expect(loadTorchWeights(model, bytes)).rejects.toThrow(
      /2 unexpected in the file: fc\.0\/kernel, fc\.3\/kernel|2 unexpected in the file: fc\.0\/weight, fc\.3\/weight/,
    );
    model.dispose();
  });

  it('a pickled module is refused by its class, and not executed', async () => {
    const model = torchNet();
    await expect(loadTorchWeights(model, fixture('torch-module.pth'))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/Python object of "__main__\.Residual".*state_dict/) as string,
    });
    model.dispose();
  });

  it.each([
    // Kernels of [out, in of a group, 1, 1]: two groups of two channels, and a depthwise one.
    ['grouped', [4, 2, 1, 1], { filters: 4, depthMultiplier: 2 }, [0, 2, 1, 3, 4, 6, 5, 7]],
    ['depthwise', [4, 1, 1, 1], { filters: 2, depthMultiplier: 2 }, [0, 1, 2, 3]],
  ])('a %s kernel becomes a depthwise one, groups * in by out', async (_, shape, args, kernel) => {
    const model = tfl.sequential({ name: 'grouped' });
    model.add(
      tfl.layers.depthwiseConv2d({
        name: 'conv',
        kernelSize: 1,
        depthMultiplier: args.depthMultiplier,
        useBias: false,
        inputShape: [3, 3, args.filters],
      }),
    );
    const values = Float32Array.from({ length: kernel.length }, (__, i) => i);
    const bytes = writeSafetensors({ 'conv.weight': { shape, values } });
    await loadTorchWeights(model, bytes, { rename: { conv: 'conv' } });
    expect([...model.getWeights()[0]!.dataSync()]).toEqual(kernel);
    model.dispose();
  });

  it('names that the model lacks are unexpected', async () => {
    const model = tfl.sequential({ name: 'other' });
    model.add(tfl.layers.dense({ name: 'predictions', units: 5, inputShape: [4] }));
    await expect(loadTorchWeights(model, fixture('torch-zip.pth'))).rejects.toThrow(
      /5 unexpected in the file: conv1/,
    );
    await loadTorchWeights(model, fixture('torch-zip.pth'), {
      rename: (name) => (name === 'fc' ? 'predictions' : undefined),
    });
    model.dispose();
  });
});

describe('HDF5 in all its versions', () => {
  it.each(['hdf5-earliest-chunked.h5', 'hdf5-v108-chunked.h5', 'hdf5-latest.h5'])(
    '%s is read',
    async (name) => {
      const root = await openHdf5(memorySource(new Uint8Array(await readFile(fixture(name)))));
      expect(root.names).toHaveLength(20);
      expect(await root.texts('layer_names')).toEqual(root.names.sort());
      expect(await root.attribute('note_8')).toEqual([8n]);
      const dataset = await root.dataset('layer_07/layer_07/kernel:0');
      const values = await dataset.read();
      values.forEach((value: number | bigint, i: number) =>
        expect(value).toBeCloseTo(0.3 * Math.sin(i + 1), 6),
      );
      expect(values).toHaveLength(63);
    },
  );

  const chunkIndexes = ['single', 'implicit', 'fixed', 'paged', 'extensible', 'btree'];
  const packed = chunkIndexes.filter((kind) => kind !== 'implicit').map((kind) => `${kind}_packed`);
  it.each([...chunkIndexes, ...packed].map((name, i) => [name, i] as const))(
    'chunks listed as in HDF5 1.10 are read: %s',
    async (name, i) => {
      const bytes = new Uint8Array(await readFile(fixture('hdf5-chunk-indexes.h5')));
      const root = await openHdf5(memorySource(bytes));
      const dataset = await root.dataset(`${name}/${name}/kernel:0`);
      const values = [...(await dataset.read())].map(Number);
      expect(values).toHaveLength(dataset.shape[0]! * dataset.shape[1]!);
      const wanted = values.map((_, k) => Math.fround(0.3 * Math.sin(k + 1 + 100 * i)));
      expect(Math.max(...values.map((value, k) => Math.abs(value - wanted[k]!)))).toBeLessThan(1e-7);
    },
  );

  it('the written chunks of many are found through the pages of their list', async () => {
    const bytes = new Uint8Array(await readFile(fixture('hdf5-sparse-chunks.h5')));
    const dataset = await (await openHdf5(memorySource(bytes))).dataset('sparse');
    const written = [...(await dataset.read()).entries()].filter(([, value]) => Number(value) !== 0);
    expect(written).toEqual([7, 276_466, 279_999].map((i) => [i, i]));
  });

  it.each(['earliest', 'latest'])('gaps hold the fill value: %s', async (version) => {
    const bytes = new Uint8Array(await readFile(fixture(`hdf5-gaps-${version}.h5`)));
    const root = await openHdf5(memorySource(bytes));
    const valuesOf = async (name: string) => [...(await (await root.dataset(name)).read())].map(Number);
    const written = Array.from({ length: 6 }, (_, k) => Math.fround(0.3 * Math.sin(k + 1)));
    const part = await valuesOf('part');
    written.forEach((value, k) => {
      expect(part[k]).toBeCloseTo(value, 6);
    });
    expect(part.slice(6)).toEqual(new Array(6).fill(2.5));
    expect(await valuesOf('nothing')).toEqual(new Array(5).fill(-1.5));
  });

  it.each([
    ['entries of no size', 'FAHD', 6, 0, /entries of a wrong size/],
    ['a block of impossible sizes', 'EAHD', 9, 3, /impossible sizes/],
  ])('a list of chunks with %s is refused', async (_, signature, at, value, message) => {
    const bytes = Buffer.from(await readFile(fixture('hdf5-chunk-indexes.h5')));
    for (let start = bytes.indexOf(signature); start >= 0; start = bytes.indexOf(signature, start + 1))
      bytes[start + at] = value;
    const root = await openHdf5(memorySource(new Uint8Array(bytes)));
    const name = signature === 'FAHD' ? 'fixed' : 'extensible';
    const dataset = await root.dataset(`${name}/${name}/kernel:0`);
    await expect(dataset.read()).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringMatching(message) as string,
    });
  });

  it('a link to another file is refused', async () => {
    const model = torchNet();
    await expect(loadKerasWeights(model, fixture('hdf5-links.h5'))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/external link/) as string,
    });
    model.dispose();
  });
});
