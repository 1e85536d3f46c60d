import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';

import { bounded, boundedError } from '../../../test-support/bounded';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { openHdf5 } from '../src/hdf5/hdf5-file';
import { addChild, groupContent, writeHdf5 } from '../src/hdf5/write-hdf5';
import {
  inspectWeights,
  loadKerasModel,
  loadKerasWeights,
  loadWeightsFile,
  memorySource,
  modelFromKerasJson,
} from '../src/index';
import { parseLayersModelJson } from '../src/layers-model/parse-layers-model';
import { loadLayersModel, saveKerasWeights, saveLayersModel } from '../src/node';

import { jsonBytes, kerasArchive, kerasObject, recurrent, sequential } from './support/architectures';
import { weightValues } from './support/small-models';

const place = temporaryDirectory('suite');

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));

/** The error of ours that `work` ends with, within a second of the processor. */
const quickError = (work: () => Promise<unknown>) => boundedError(work, 1);

function twoDense(): tfl.LayersModel {
  const model = tfl.sequential({ name: 'two' });
  model.add(tfl.layers.dense({ name: 'first', units: 3, useBias: false, inputShape: [4] }));
  model.add(tfl.layers.dense({ name: 'last', units: 2, useBias: false }));
  return model;
}

describe('a file that stores the last of its weights', () => {
  it.each([
    ['behind a soft link', 'soft-link', /a soft link, \/last\/kernel:0/],
    ['as a virtual dataset', 'virtual', /a virtual dataset/],
    ['in another file', 'external', /data in another file/],
    ['through the filter lzf', 'lzf', /the filter lzf/],
    ['through the filter scaleoffset', 'scaleoffset', /the filter (scaleoffset|6)/],
    ['in a shape of 2^80 numbers', 'absurd-shape', /1 of another shape: last\/kernel/],
  ])('%s is refused at once, and the model stays as it was', async (_, name, message) => {
    const model = twoDense();
    const before = weightValues(model);
    const error = await quickError(() => loadKerasWeights(model, fixture(`hdf5-refused-${name}.h5`)));
    expect(error.message).toMatch(message);
    expect(weightValues(model)).toEqual(before);
    model.dispose();
  });
});

it('a dataset of 2^80 numbers is not read, nor is memory taken for it', async () => {
  const before = process.memoryUsage().arrayBuffers;
  await quickError(async () => {
    const root = await openHdf5(memorySource(fixture('hdf5-refused-absurd-shape.h5')));
    return (await root.dataset('last/kernel:0')).read();
  });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
});

describe('an archive with a file', () => {
  it.each([
    '../outside.txt',
    'a/../../outside.txt',
    '..\\outside.txt',
    '/etc/outside.txt',
    'C:\\outside.txt',
  ])('called %s is refused at once', async (name) => {
    const archive = zipSync({ ...unzipSync(fixture('keras3.keras')), [name]: Uint8Array.of(1) });
    const error = await quickError(() => loadKerasModel(archive));
    expect(error.message).toMatch(/a file whose name leads out of it/);
  });

  it('whose name leads out of it leaves the model as it was', async () => {
    const model = await loadKerasModel(fixture('keras3.keras'));
    const before = weightValues(model);
    const archive = zipSync({ ...unzipSync(fixture('keras3.keras')), '../outside.txt': Uint8Array.of(1) });
    await quickError(() => loadKerasWeights(model, archive));
    expect(weightValues(model)).toEqual(before);
    model.dispose();
  });
});

describe('an architecture without initializers', () => {
  it.each([
    ['a dense layer of 200 million units', 'Dense', { units: 2e8 }, [3]],
    ['an embedding of 300 million words', 'Embedding', { input_dim: 3e8, output_dim: 2 }, [4]],
    ['a norm of 300 million channels', 'BatchNormalization', {}, [3e8]],
    ['a normalization of 300 million channels', 'Normalization', {}, [3e8]],
  ])('of %s is refused before any memory is taken', async (_, className, fields, shape) => {
    const architecture = sequential(shape, kerasObject(className, { name: 'big', ...fields }));
    const before = process.memoryUsage().arrayBuffers;
    const error = await quickError(() => loadKerasModel(kerasArchive(architecture)));
    expect(error.message).toMatch(/more weights than it holds/);
    const drawn = await quickError(() => modelFromKerasJson(jsonBytes(architecture)));
    expect(drawn.message).toMatch(/more than 62000000 weights.*`maximumWeights`/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  });

  it.each([
    ['Bidirectional', { layer: kerasObject('LSTM', { units: 20_000 }) }],
    [
      'RNN',
      { cell: kerasObject('StackedRNNCells', { cells: [kerasObject('LSTMCell', { units: 20_000 })] }) },
    ],
    ['RNN', { cell: kerasObject('GRUCell', { units: 20_000 }) }],
    ['TimeDistributed', { layer: kerasObject('Dense', { units: 2e8 }) }],
    ['LSTM', { units: 20_000 }],
  ])('within %s %j is refused before any memory is taken or anything is drawn', async (className, fields) => {
    const architecture = sequential([4, 3], kerasObject(className, { name: 'big', ...fields }));
    const archive = kerasArchive(architecture);
    const json = jsonBytes(architecture);
    expect((await quickError(() => loadKerasModel(archive))).message).toMatch(/more weights than it holds/);
    expect((await quickError(() => modelFromKerasJson(json))).message).toMatch(/more than 62000000 weights/);
  });
});

it.each(['a.bin', './a.bin', './/a.bin'])('a model.json that lists one file twice is refused: %s', (path) => {
  const weights = [{ name: 'a', shape: [1], dtype: 'float32' }];
  const json = { modelTopology: {}, weightsManifest: [{ paths: ['a.bin', path], weights }] };
  expect(() => parseLayersModelJson(JSON.stringify(json), 'model.json')).toThrow(
    /lists the file ".*a.bin" twice/,
  );
});

describe('an architecture with orthogonal kernels', () => {
  it('draws them soon, of the gain that it says, and silently', async () => {
    const units = 96;
    const start = process.cpuUsage().user;
    const model = await modelFromKerasJson(jsonBytes(recurrent(units)));
    expect(process.cpuUsage().user - start).toBeLessThan(2e6);
    const kernel = model.weights.find(({ name }) => name.includes('recurrent'))!.read();
    const gram = tf.tidy(() => tf.matMul(kernel, kernel, false, true).dataSync());
    gram.forEach((value, i) => expect(value).toBeCloseTo(i % (units + 1) === 0 ? 4 : 0, 4));
    model.dispose();
  });

  it('is refused where they would take minutes', async () => {
    expect((await quickError(() => modelFromKerasJson(jsonBytes(recurrent(2000))))).message).toMatch(
      /more than 62000000 weights.*`maximumWeights`; orthogonal kernels count as more/,
    );
  });
});

it.each([
  ['class', { class_name: 'x'.repeat(1e6), config: { name: 'a' } }],
  ['name', { class_name: 'Unknown', config: { name: 'x'.repeat(1e6) } }],
  ['activation', { class_name: 'Dense', config: { name: 'a', units: 1, activation: 'x'.repeat(1e6) } }],
  [
    'constraint',
    { class_name: 'Dense', config: { name: 'a', units: 1, kernel_constraint: 'x'.repeat(1e6) } },
  ],
  [
    'regularizer',
    { class_name: 'Dense', config: { name: 'a', units: 1, kernel_regularizer: 'x'.repeat(1e6) } },
  ],
])(
  'a %s of a megabyte is cut in the message, whatever the format, and the advice stays',
  async (_, layer) => {
    const modelTopology = sequential([3], layer);
    await mkdir(place('names'), { recursive: true });
    await writeFile(place('names/model.json'), JSON.stringify({ modelTopology, weightsManifest: [] }));
    for (const load of [
      () => modelFromKerasJson(jsonBytes(modelTopology)),
      () => loadKerasModel(kerasArchive(modelTopology)),
      () => loadLayersModel(place('names')),
    ]) {
      const { message } = await quickError(load);
      expect(message.length).toBeLessThan(600);
      expect(message).toMatch(/Build the model yourself and load its weights/);
    }
  },
);

it('weights of gigabytes that the model of a model.json does not have are not read', async () => {
  const directory = place('sparse');
  await mkdir(directory, { recursive: true });
  const layer = { class_name: 'Dense', config: { name: 'd', units: 3, batch_input_shape: [null, 3] } };
  for (const columns of [2 ** 27, 2 ** 32]) {
    const weights = [{ name: 'd/kernel', shape: [3, columns], dtype: 'float32' }];
    const model = {
      modelTopology: { class_name: 'Sequential', config: { name: 's', layers: [layer] } },
      weightsManifest: [{ paths: ['a.bin'], weights }],
    };
    await writeFile(join(directory, 'model.json'), JSON.stringify(model));
    await writeFile(join(directory, 'a.bin'), '');
    await truncate(join(directory, 'a.bin'), 12 * columns);
    expect((await quickError(() => loadLayersModel(directory))).message).toMatch(/to fit the model/);
  }
});

describe.skipIf(process.platform === 'win32')('what is no file is refused and not waited for:', () => {
  const kinds: readonly [string, (path: string) => void][] = [
    ['a named pipe', (path) => void execFileSync('mkfifo', [path])],
    ['an endless device', (path) => symlinkSync('/dev/zero', path)],
    ['a folder', (path) => mkdirSync(path)],
  ];

  it.each(kinds)('%s in the place of weights', async (kind, make) => {
    const model = twoDense();
    for (const extension of ['h5', 'keras', 'weights.h5', 'safetensors', 'pth', 'weights.json']) {
      const path = place(`${kind}.${extension}`);
      make(path);
      expect((await quickError(() => loadWeightsFile(model, path))).message).toContain(path);
    }
    model.dispose();
  });

  it.each(kinds)('%s in the place of a shard', async (kind, make) => {
    const model = twoDense();
    const folder = `${kind} as shard`;
    await saveKerasWeights(model, place(folder, 'a.weights.json'), { maxShardBytes: 48 });
    const shard = (await readdir(place(folder))).find((name) => name.endsWith('_00001.weights.h5'))!;
    await rm(place(folder, shard));
    make(place(folder, shard));
    const load = () => loadKerasWeights(model, place(folder, 'a.weights.json'));
    expect((await quickError(load)).message).toContain(place(folder, shard));
    await saveLayersModel(model, place(folder));
    const weights = (await readdir(place(folder))).find((name) => name.endsWith('.bin'))!;
    await rm(place(folder, weights));
    make(place(folder, weights));
    expect((await quickError(() => loadLayersModel(place(folder)))).message).toContain(weights);
    model.dispose();
  });

  it.each(kinds.slice(0, 2))('%s in the place of what is saved is replaced', async (kind, make) => {
    const model = twoDense();
    const folder = `${kind} before`;
    mkdirSync(place(folder));
    make(place(folder, 'a.weights.json'));
    make(place(folder, 'model.json'));
    await bounded(() => saveKerasWeights(model, place(folder, 'a.weights.json')));
    await bounded(() => saveLayersModel(model, place(folder)));
    const loaded = await loadLayersModel(place(folder));
    expect(weightValues(loaded)).toEqual(weightValues(model));
    await loadKerasWeights(loaded, place(folder, 'a.weights.json'));
    model.dispose();
    loaded.dispose();
  });
});

it('a model.json that lists one weight twice is refused', () => {
  const weight = { name: 'a', shape: [1], dtype: 'float32' };
  const weightsManifest = [
    { paths: ['a.bin'], weights: [weight] },
    { paths: ['b.bin'], weights: [weight] },
  ];
  expect(() =>
    parseLayersModelJson(JSON.stringify({ modelTopology: {}, weightsManifest }), 'model.json'),
  ).toThrow(/lists the weight "a" twice/);
});

it('a model.json of 17 MiB is refused before it is read', async () => {
  await mkdir(place('long'));
  await writeFile(place('long/model.json'), Buffer.alloc(17 * 1024 * 1024, ' '));
  const error = await quickError(() => loadLayersModel(place('long')));
  expect(error.message).toMatch(/long.model.json is a model.json beyond any sound size/);
});

it.each(['layers/dense', 'optimizer'])(
  'a dataset where a .weights.h5 has variables is refused: %s',
  async (path) => {
    const root = groupContent();
    const dataset = { kind: 'dataset', shape: [1], type: 'float32' } as const;
    addChild(root, `${path}/vars`, { ...dataset, bytes: () => Promise.resolve(new Uint8Array(4)) });
    if (!root.children.has('layers')) root.children.set('layers', groupContent());
    root.children.set('vars', groupContent());
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of writeHdf5(root).pieces()) pieces.push(piece.slice());
    const error = await quickError(() => inspectWeights(new Blob(pieces)));
    expect(error.message).toMatch(/has no group .*vars/);
  },
);

it.each([
  ['a type', '"dtype":{"toString":1},"shape":[3]'],
  ['a size', '"dtype":"F32","shape":[{"valueOf":1}]'],
  ['a type, written in escapes,', '"dtype":{"\\u0074oString":1},"shape":[3]'],
])('safetensors with %s that JavaScript can make no text of is refused', async (_, entry) => {
  const head = Buffer.from(`{"a":{${entry},"data_offsets":[0,12]}}`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  const file = new Uint8Array(Buffer.concat([length, head, Buffer.alloc(12)]));
  expect((await quickError(() => inspectWeights(file))).message).toMatch(/a key that no program writes/);
});

it('an architecture with a name that JavaScript can make no text of is refused', async () => {
  const config = { name: 'x', layers: [{ class_name: { toString: 1 }, config: {} }] };
  const file = new TextEncoder().encode(JSON.stringify({ class_name: 'Sequential', config }));
  expect((await quickError(() => modelFromKerasJson(file))).message).toMatch(/a key that no program writes/);
});

describe('safetensors whose tensors', () => {
  const file = (ranges: Record<string, readonly [number, number]>, dataBytes: number) => {
    const entries = Object.entries(ranges).map(
      ([name, range]) =>
        [name, { dtype: 'F32', shape: [(range[1] - range[0]) / 4], data_offsets: range }] as const,
    );
    const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return new Uint8Array(Buffer.concat([length, header, Buffer.alloc(dataBytes)]));
  };

  // What the format's own reader says of each: InvalidOffset or MetadataIncompleteBuffer.
  it.each([
    ['overlap', { a: [0, 8], b: [4, 12] }, 12],
    ['are the same numbers', { a: [0, 8], b: [0, 8] }, 8],
    ['leave bytes between', { a: [0, 4], b: [8, 12] }, 12],
    ['leave bytes before', { a: [4, 8] }, 8],
    ['leave bytes behind', { a: [0, 4] }, 8],
    ['are none, beside bytes', {}, 8],
  ] as const)('%s are refused', async (_, ranges, dataBytes) => {
    const error = await quickError(() => inspectWeights(file(ranges, dataBytes)));
    expect(error.message).toMatch(/has tensors that overlap, or bytes between or behind them that are none/);
  });

  it('lie behind each other, empty ones among them, are read', async () => {
    const whole = file({ a: [0, 4], empty: [4, 4], last: [4, 12], nothing: [12, 12] }, 12);
    expect((await inspectWeights(whole)).tensors.map(({ name }) => name)).toEqual([
      'a',
      'empty',
      'last',
      'nothing',
    ]);
  });
});

it.each(['ZooEvoNorm', 'ZooFilterResponseNorm', 'ZooGroupNormalization', 'ZooConv2D'])(
  'a model.json whose %s wants 320 million channels is refused before any memory is taken',
  async (className) => {
    const shape = [null, 2, 2, 3.2e8];
    const own = className === 'ZooConv2D' ? { filters: 32, kernel_size: [1, 1], groups: 32 } : { groups: 32 };
    const layer = {
      class_name: className,
      config: { name: 'big', batch_input_shape: shape, dtype: 'float32', ...own },
    };
    const weights = [{ name: 'a', shape: [1], dtype: 'float32' }];
    await writeFile(
      place('model.json'),
      JSON.stringify({
        format: 'layers-model',
        modelTopology: { class_name: 'Sequential', config: { name: 'model', layers: [layer] } },
        weightsManifest: [{ paths: ['a.bin'], weights }],
      }),
    );
    await writeFile(place('a.bin'), Buffer.alloc(4));
    const before = process.memoryUsage().arrayBuffers;
    const error = await quickError(() => loadLayersModel(place('model.json')));
    expect(error.message).toMatch(/more weights than it holds/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  },
);

// The set-up of the tests holds that none of them writes to the console.
it.each(['Sequential', 'Functional'])(
  'a %s layer that claims another input than it gets draws nothing on the console',
  async (className) => {
    const name = 'a\u001b[2Jb';
    // TensorFlow.js refuses the name, but compares the shapes first.
    const claims = {
      class_name: 'Activation',
      config: { name, activation: 'relu', batch_input_shape: [null, 7] },
    };
    const dense = { class_name: 'Dense', config: { name: 'first', units: 2, batch_input_shape: [null, 3] } };
    const input = { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, 3] } };
    const config =
      className === 'Sequential'
        ? { name: 'model', layers: [dense, claims] }
        : {
            name: 'model',
            layers: [
              { ...input, name: 'in', inbound_nodes: [] },
              { ...claims, name, inbound_nodes: [[['in', 0, 0, {}]]] },
            ],
            input_layers: [['in', 0, 0]],
            output_layers: [[name, 0, 0]],
          };
    const json = new TextEncoder().encode(JSON.stringify({ class_name: className, config }));
    const error = await quickError(() => modelFromKerasJson(json));
    expect(error.message).toContain("Not a valid tensor name: 'a\\u001b[2Jb'");
  },
);

it.each([
  ['VarianceScaling', { scale: 'a', mode: 'fan_in', distribution: 'truncated_normal', seed: null }, 'scale'],
  ['TruncatedNormal', { mean: 0, stddev: -1, seed: null }, 'stddev'],
])('an initializer that would be drawn for ever is refused: %s %j', async (className, fields, name) => {
  const kernel_initializer = { class_name: className, config: fields };
  const dense = {
    class_name: 'Dense',
    config: { name: 'dense', units: 2, batch_input_shape: [null, 3], kernel_initializer },
  };
  const config = { name: 'model', layers: [dense] };
  const json = new TextEncoder().encode(JSON.stringify({ class_name: 'Sequential', config }));
  const error = await quickError(() => modelFromKerasJson(json));
  expect(error.message).toContain(`holds an initializer whose ${name} is `);
});
