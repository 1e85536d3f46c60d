import { readFile } from 'node:fs/promises';

import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { KERAS_VERSION, kerasConfig } from '../src/keras/keras-config';
import { loadKerasWeights, saveKerasH5, saveKerasWeights } from '../src/node';

import {
  readWithH5wasm,
  writeGroupsInGroups,
  writeWithH5wasm,
  type H5wasmLayout,
} from './support/h5wasm-files';
import { nestedModel, outputsOf, smallResidualNet, weightValues, zeroWeights } from './support/small-models';

const place = temporaryDirectory('suite');

describe('what is written here, read by the HDF5 library', () => {
  it.each([
    ['a full model', false, '/model_weights'],
    ['weights only', true, ''],
  ])('%s: every value and every attribute', async (_, weightsOnly, root) => {
    const model = smallResidualNet();
    await saveKerasH5(model, place('own.h5'), { weightsOnly });
    const { attributes, datasets } = await readWithH5wasm(place('own.h5'));
    const names = model.layers.map((layer) => layer.name);
    const group = root === '' ? '/' : root;
    const expected = new Map<string, unknown>([
      [`${group}@layer_names`, names],
      [`${group}@backend`, 'tensorflow'],
      [`${group}@keras_version`, KERAS_VERSION],
      ...model.layers.map(
        ({ name, weights }) =>
          [`${root}/${name}@weight_names`, weights.map((weight) => `${weight.originalName}:0`)] as const,
      ),
    ]);
    if (!weightsOnly) {
      expected.set('/@backend', 'tensorflow').set('/@keras_version', KERAS_VERSION);
      expected.set('/@model_config', JSON.stringify(kerasConfig(model)));
    }
    expect(attributes).toEqual(expected);
    const values = model.layers.flatMap((layer) =>
      layer.weights.map(
        (weight) =>
          [
            `${root}/${layer.name}/${weight.originalName}:0`,
            { shape: weight.shape, values: [...weight.read().dataSync()] },
          ] as const,
      ),
    );
    expect(datasets).toEqual(new Map(values));
    model.dispose();
  });

  it('.weights.h5: every value and every name', async () => {
    const model = nestedModel();
    await saveKerasWeights(model, place('own.weights.h5'));
    const { attributes, datasets } = await readWithH5wasm(place('own.weights.h5'));
    expect([...datasets.values()].map(({ values }) => values).sort()).toEqual(weightValues(model).sort());
    expect(attributes.get('/vars@name')).toBe('outer');
    expect(datasets.get('/layers/dense/vars/0')).toEqual({
      shape: [36, 2],
      values: [...model.getLayer('dense').weights[0]!.read().dataSync()],
    });
    model.dispose();
  });

  it('a list of layers that is too long for one attribute', async () => {
    const model = tfl.sequential({ name: 'deep' });
    for (let i = 0; i < 700; i++) {
      const name = `layer_${i}_${'x'.repeat(90)}`;
      model.add(tfl.layers.activation({ name, activation: 'relu', ...(i === 0 ? { inputShape: [2] } : {}) }));
    }
    await saveKerasH5(model, place('deep.h5'), { weightsOnly: true });
    const { attributes } = await readWithH5wasm(place('deep.h5'));
    const pieces = ['/@layer_names0', '/@layer_names1'].flatMap((name) => attributes.get(name) as string[]);
    expect(pieces).toEqual(model.layers.map((layer) => layer.name));
    expect(attributes.has('/@layer_names')).toBe(false);
    model.dispose();
  });
});

it('names of layers beyond ASCII stand in the file as UTF-8, and come back', async () => {
  const model = nestedModel();
  model.getLayer('dense').name = 'größe_ядро_層';
  const kernel = [...model.getLayer('größe_ядро_層').weights[0]!.read().dataSync()];
  await saveKerasH5(model, place('names.h5'), { weightsOnly: true });
  const { datasets } = await readWithH5wasm(place('names.h5'));
  const inLayer = [...datasets].filter(([name]) => name.startsWith('/größe_ядро_層/'));
  expect(inLayer.map(([, { values }]) => values)).toContainEqual(kernel);
  const before = weightValues(model);
  zeroWeights(model);
  await loadKerasWeights(model, place('names.h5'));
  expect(weightValues(model)).toEqual(before);
  model.dispose();
});

describe('what the HDF5 library writes, loaded here', () => {
  it.each<[string, H5wasmLayout]>([
    ['whole datasets', {}],
    ['chunks', { chunkSize: 2 }],
    ['chunks with gzip', { chunkSize: 2, filter: 1 }],
    ['shuffled chunks', { chunkSize: 3, filter: 2 }],
    ['chunks of datasets that may grow', { chunkSize: 2, unlimited: 1 }],
    ['whole datasets of the newest format', { libver: 'latest' }],
  ])('%s give a model the outputs it had', async (_, layout) => {
    const model = smallResidualNet();
    const before = outputsOf(model);
    await writeWithH5wasm(model, place('theirs.h5'), layout);
    zeroWeights(model);
    await loadKerasWeights(model, place('theirs.h5'));
    expect(outputsOf(model)).toEqual(before);
    model.dispose();
  });
});

it('groups that hold each other twice over, 2^15 in all, are refused before much is read', async () => {
  await writeGroupsInGroups(place('laughs.weights.h5'), 15);
  const model = nestedModel();
  await expect(loadKerasWeights(model, place('laughs.weights.h5'))).rejects.toMatchObject({
    code: 'invalid-file',
    message: expect.stringMatching(/directory beyond any sound size/) as string,
  });
  model.dispose();
});

it('a name that leads back to its own group is refused', async () => {
  const model = nestedModel();
  await saveKerasWeights(model, place('names.weights.h5'));
  const bytes = Buffer.from(await readFile(place('names.weights.h5')));
  // `layers` in the root's heap of names becomes a dot.
  bytes.write('.\0\0\0\0\0', bytes.indexOf('layers\0\0'));
  await expect(loadKerasWeights(model, new Uint8Array(bytes))).rejects.toMatchObject({
    code: 'invalid-file',
    message: expect.stringMatching(/impossible name/) as string,
  });
  model.dispose();
});
