import * as tfl from '@tensorflow/tfjs-layers';
import { isZooError } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import {
  addChild,
  groupContent,
  writeHdf5,
  type DatasetContent,
  type GroupContent,
} from '../src/hdf5/write-hdf5';
import { loadKerasModel, loadKerasWeights, loadSafetensors, writeSafetensors } from '../src/index';

/** What `work` ends with, a typed error or 'loaded', within `seconds` of the processor. */
async function soon(work: () => Promise<unknown>, seconds = 2): Promise<string> {
  const before = process.cpuUsage();
  const error: unknown = await work().then(
    () => undefined,
    (caught: unknown) => caught,
  );
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(seconds);
  if (error === undefined) return 'loaded';
  if (!isZooError(error)) throw new Error('an error of others', { cause: error });
  return error.message;
}

function oneDense(): tfl.LayersModel {
  const model = tfl.sequential({ name: 'one' });
  model.add(tfl.layers.dense({ name: 'first', units: 1, useBias: false, inputShape: [1] }));
  return model;
}

const number = (): DatasetContent => ({
  kind: 'dataset',
  shape: [1, 1],
  type: 'float32',
  bytes: () => Promise.resolve(new Uint8Array(4)),
});

async function bytesOf(root: GroupContent): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of writeHdf5(root).pieces()) pieces.push(piece.slice());
  return new Blob(pieces);
}

describe('safetensors of many tensors', () => {
  const tensor = { shape: [1], values: new Float32Array(1) };
  const file = (count: number) =>
    writeSafetensors(
      Array.from({ length: count }, (_, i) => [`first/${i}`, tensor] as const),
      { format: 'tf' },
    );

  it.each([
    [80_000, '79999 unexpected in the file'],
    [150_000, 'lists 150001 tensors'],
  ])('in one layer are refused soon: %i', async (count, message) => {
    const model = oneDense();
    const bytes = file(count);
    expect(await soon(() => loadSafetensors(model, bytes))).toContain(message);
    model.dispose();
  });
});

it('a .weights.h5 with 4,000 names that Windows wrote is read soon', async () => {
  const root = groupContent();
  for (let i = 0; i < 4000; i++) {
    const group = groupContent();
    group.children.set('0', number());
    root.children.set(`layers\\dense${i === 0 ? '' : `_${i}`}\\vars`, group);
  }
  root.children.set('vars', groupContent());
  const bytes = await bytesOf(root);
  const model = oneDense();
  expect(await soon(() => loadKerasWeights(model, bytes))).toContain('3999 unexpected in the file');
  model.dispose();
});

it('a weight name of 30,000 parts is looked up soon, 100 times', async () => {
  const root = groupContent();
  root.attributes.set('layer_names', ['first']);
  root.attributes.set('keras_version', '2.4.0');
  const layer = groupContent();
  // HDF5's attributes end at 64 kB: the names are shared out over layers.
  addChild(layer, Array(200).fill('a').join('/'), groupContent());
  layer.attributes.set('weight_names', ['a/'.repeat(30_000)]);
  root.children.set('first', layer);
  root.attributes.set('layer_names', Array<string>(100).fill('first'));
  const bytes = await bytesOf(root);
  const model = oneDense();
  expect(await soon(() => loadKerasWeights(model, bytes))).toContain('has no dataset');
  model.dispose();
});

/** A legacy `.h5` of one nested model whose weights bear other names than its layers do, so that their order must be found out. */
async function nestedFile(sums: readonly (readonly number[])[]): Promise<Blob> {
  const dense = [...new Set(sums.flat())];
  const call = (...names: string[]) => [names.map((name) => [name, 0, 0, {}])];
  const layer = (className: string, name: string, config: object, inbound: unknown) => ({
    class_name: className,
    name,
    config: { name, ...config },
    inbound_nodes: inbound,
  });
  const input = layer('InputLayer', 'x', { batch_input_shape: [null, 1] }, []);
  const model = (name: string, layers: unknown[], output: string) => ({
    class_name: 'Functional',
    name,
    config: { name, layers, input_layers: [['x', 0, 0]], output_layers: [[output, 0, 0]] },
  });
  const inner = model(
    'inner',
    [
      input,
      ...dense.map((i) => layer('Dense', `d${i}`, { units: 1, use_bias: false }, call('x'))),
      ...sums.map((inputs, i) => layer('Add', `s${i}`, {}, call(...inputs.map((each) => `d${each}`)))),
      layer('Concatenate', 'end', { axis: -1 }, call(...sums.map((_, i) => `s${i}`), 'x')),
    ],
    'end',
  );
  const root = groupContent();
  const outer = model('outer', [input, { ...inner, inbound_nodes: call('x') }], 'inner');
  // An attribute ends at 64 kB; where the text is longer, HDF5 keeps it elsewhere, as this writer does.
  root.attributes.set('model_config', JSON.stringify(outer));
  const weights = groupContent();
  weights.attributes.set('layer_names', ['inner']);
  weights.attributes.set('keras_version', '2.4.0');
  const group = groupContent();
  const names = dense.map((i) => `other_${i}/kernel:0`);
  for (let from = 0, piece = 0; from < names.length; from += 2000, piece++) {
    group.attributes.set(`weight_names${piece}`, names.slice(from, from + 2000));
  }
  for (const name of names) addChild(group, name, number());
  weights.children.set('inner', group);
  root.children.set('model_weights', weights);
  return bytesOf(root);
}

describe('a nested model whose layers may stand in many orders ends', () => {
  const range = (count: number) => Array.from({ length: count }, (_, i) => i);
  it.each([
    ['one sum of 900 layers', [range(900)], /has too many orders/],
    ['300 sums of 4', range(300).map((i) => range(4).map((j) => 4 * i + j)), /has too many orders/],
    ['a few sums', [range(3), [3, 4]], /loaded/],
  ])('%s', async (_, sums, outcome) => {
    const bytes = await nestedFile(sums);
    expect(await soon(async () => (await loadKerasModel(bytes)).dispose(), 8)).toMatch(outcome);
  });
});
