import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs';
import { createRandom, isZooError } from '@zoo/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openHdf5 } from '../src/hdf5/hdf5-file';
import {
  loadKerasModel,
  loadKerasWeights,
  loadSafetensors,
  loadTorchWeights,
  memorySource,
} from '../src/index';
import { encodeSafetensors } from '../src/safetensors/model-safetensors';

import { mutate } from './mutate';

const MUTATIONS = Number(process.env['ZOO_FUZZ_MUTATIONS'] ?? 20_000);
const SEED = Number(process.env['ZOO_FUZZ_SEED'] ?? 1);
/** No sound answer takes this long, on however busy a machine. */
const LONGEST_MS = 20_000;
/** What reading a file of some kilobytes may at most take beside its own bytes. */
const LARGEST_GROWTH_BYTES = 512 * 1024 * 1024;

const fixture = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../test/fixtures/${name}`, import.meta.url))));

type Load = (model: tf.LayersModel, bytes: Uint8Array<ArrayBuffer>) => Promise<unknown>;

const buildOwn: Load = async (_, bytes) => (await loadKerasModel(bytes)).dispose();

/** Each file, how it is loaded, and its share of the mutations; building models is slow and has a smaller one. */
const TARGETS: readonly [name: string, load: Load, share: number][] = [
  ['keras3.h5', loadKerasWeights, 3],
  ['keras3.h5', buildOwn, 1],
  ['keras3.keras', loadKerasWeights, 2],
  ['keras3.keras', buildOwn, 1],
  ['keras3.weights.h5', loadKerasWeights, 3],
  ['hdf5-earliest-chunked.h5', loadKerasWeights, 2],
  ['hdf5-v108-chunked.h5', loadKerasWeights, 2],
  ['hdf5-latest.h5', loadKerasWeights, 2],
  ['hdf5-chunk-indexes.h5', loadKerasWeights, 1],
  ['torch-zip.pth', loadTorchWeights, 2],
  ['torch-legacy.pth', loadTorchWeights, 2],
  ['own.safetensors', loadSafetensors, 2],
];
const SHARES = TARGETS.reduce((total, [, , share]) => total + share, 0);

const models = new Map<string, tf.LayersModel>();
const files = new Map<string, Uint8Array>();

/** The model that a file fits when it is whole. */
function modelFor(name: string): tf.LayersModel {
  return models.get(name) ?? models.get(/^[a-z]+/.exec(name)![0]) ?? models.get('keras')!;
}

beforeAll(async () => {
  const model = await loadKerasModel(fixture('keras3.h5'));
  models.set('keras', model).set('hdf', denseModel()).set('torch', torchModel());
  models.set('hdf5-chunk-indexes.h5', await chunkIndexModel());
  for (const [name] of TARGETS)
    files.set(name, name === 'own.safetensors' ? await encodeSafetensors(model) : fixture(name));
});
afterAll(() => models.forEach((model) => model.dispose()));

describe('a mutated file ends in a model or in one error of ours, quickly, and never in half a model', () => {
  it.each(
    TARGETS.map(
      ([name, load, share], i) =>
        [name, load === buildOwn ? 'as a model' : 'as weights', i, load, share] as const,
    ),
  )('%s %s (%i)', async (name, _, index, load, share) => {
    const count = Math.ceil((MUTATIONS * share) / SHARES);
    const random = createRandom(SEED).fork(name, index);
    const model = modelFor(name);
    await load(model, new Uint8Array(files.get(name)!));
    const original = files.get(name)!;
    for (let i = 0; i < count; i++) {
      const bytes = mutate(original, random.fork(i));
      const before = fingerprint(model);
      const tensors = tf.memory().numTensors;
      const memory = process.memoryUsage().rss;
      const start = performance.now();
      const error = await load(model, bytes).then(
        () => undefined,
        (caught: unknown) => caught,
      );
      const where = `mutation ${i} of ${name}, seed ${SEED}`;
      if (error !== undefined && !isZooError(error))
        throw new Error(`not an error of ours: ${where}`, { cause: error });
      if (performance.now() - start > LONGEST_MS) throw new Error(`too slow: ${where}`);
      if (process.memoryUsage().rss - memory > LARGEST_GROWTH_BYTES) throw new Error(`too large: ${where}`);
      if (tf.memory().numTensors !== tensors) throw new Error(`leaked tensors: ${where}`);
      if (error !== undefined && fingerprint(model) !== before) throw new Error(`half loaded: ${where}`);
    }
    expect(count).toBeGreaterThan(0);
  });
});

/** Changes whenever any weight of the model is replaced: a weight's data is a new thing then. */
function fingerprint(model: tf.LayersModel): string {
  return model.weights.map((weight) => (weight.read().dataId as { id?: number }).id).join();
}

function denseModel(): tf.LayersModel {
  const model = tf.sequential({ name: 'dense' });
  model.add(tf.layers.dense({ name: 'layer_07', units: 9, useBias: false, inputShape: [7] }));
  return model;
}

/** A dense layer for each dataset of the file, of its shape. */
async function chunkIndexModel(): Promise<tf.LayersModel> {
  const root = await openHdf5(memorySource(fixture('hdf5-chunk-indexes.h5')));
  const input = tf.input({ shape: [7] });
  const outputs: tf.SymbolicTensor[] = [];
  for (const name of root.names) {
    const { shape } = await root.dataset(`${name}/${name}/kernel:0`);
    const layer = tf.layers.dense({ name, units: shape[1]!, useBias: false });
    outputs.push(layer.apply(input) as tf.SymbolicTensor);
  }
  return tf.model({ inputs: input, outputs });
}

function torchModel(): tf.LayersModel {
  const model = tf.sequential({ name: 'torch' });
  const shape = { kernelSize: 3, useBias: false, inputShape: [8, 8, 3] };
  model.add(tf.layers.conv2d({ name: 'conv1_conv', filters: 4, ...shape }));
  model.add(tf.layers.batchNormalization({ name: 'conv1_bn' }));
  model.add(tf.layers.globalAveragePooling2d({}));
  model.add(tf.layers.dense({ name: 'predictions', units: 5 }));
  return model;
}
