import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { createRandom, isZooError } from '@zoo/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openHdf5 } from '../src/hdf5/hdf5-file';
import {
  loadKerasModel,
  loadKerasOptimizer,
  loadKerasWeights,
  loadSafetensors,
  loadTorchWeights,
  memorySource,
  modelFromKerasJson,
} from '../src/index';
import { loadLayersModel, saveKerasWeights, saveLayersModel } from '../src/node';
import { encodeSafetensors } from '../src/safetensors/write-safetensors';
import { nestedModel, smallResidualNet, weightValues } from '../test/support/small-models';

import { mutate } from './mutate';
import { expectManifestValues, expectSafetensorsValues } from './oracles';
import { restructure } from './restructure';

const MUTATIONS = Number(process.env['ZOO_FUZZ_MUTATIONS'] ?? 20_000);
const SEED = Number(process.env['ZOO_FUZZ_SEED'] ?? 1);
/** What an answer may take of the processor, whatever else the machine does, and by the clock, which a file that waits would pass. */
const LONGEST_SECONDS = 2;
const LONGEST_WAIT_MS = 20_000;
/** What the process may at most have taken at any time, above what it took before the first file. */
const LARGEST_GROWTH_BYTES = 512 * 1024 * 1024;
/** Weights that an architecture may have here: how much memory those that are drawn may take is the caller's choice. */
const MAXIMUM_WEIGHTS = 2 ** 22;

const FIXTURES = new URL('../test/fixtures/', import.meta.url);
const fixture = (name: string) => new Uint8Array(readFileSync(fileURLToPath(new URL(name, FIXTURES))));
// NumPy's archive is a format that CONTRIBUTING adds as an example: nothing here reads it.
const binaries = readdirSync(fileURLToPath(FIXTURES)).filter((name) => !/\.(json|npz)$/.test(name));
/** Fixtures that are refused when whole too. */
const REFUSED = /^(hdf5-links|hdf5-refused|torch-module|habits-subclassed)/;

/** Loads the file, and throws what is no error of ours if it holds other values than another reader finds in it. */
type Load = (model: tfl.LayersModel, bytes: Uint8Array<ArrayBuffer>) => Promise<unknown>;

/** Files in several parts lie here. */
const folder = mkdtempSync(join(tmpdir(), 'zoo-fuzz-'));

const buildOwn: Load = async (_, bytes) => (await loadKerasModel(bytes)).dispose();
const loadOptimizer: Load = (model, bytes) =>
  loadKerasOptimizer(model, bytes, { setup: { className: 'Adam', learningRate: 0.25, settings: {} } });
const buildArchitecture: Load = async (_, bytes) =>
  (await modelFromKerasJson(bytes, { maximumWeights: MAXIMUM_WEIGHTS })).dispose();
const loadOwnSafetensors: Load = async (model, bytes) => {
  await loadSafetensors(model, bytes);
  expectSafetensorsValues(model, bytes);
};
const buildLayersModel: Load = async (_, bytes) => {
  writeFileSync(join(folder, 'model.json'), bytes);
  const model = await loadLayersModel(folder);
  try {
    expectManifestValues(model, bytes, folder);
  } finally {
    model.dispose();
  }
};
const loadShards: Load = (model, bytes) => {
  writeFileSync(join(folder, 'shards.weights.json'), bytes);
  return loadKerasWeights(model, join(folder, 'shards.weights.json'));
};
const readDatasets: Load = async (_, bytes) => {
  const root = await openHdf5(memorySource(bytes));
  for (const name of root.names) await (await root.dataset(name)).read();
};

interface Target {
  readonly name: string;
  readonly as: 'weights' | 'a model' | 'an architecture' | "an optimizer's state" | 'datasets';
  readonly load: Load;
  /** Its part of the mutations; what is slow, building models among it, has a smaller one. */
  readonly share: number;
}

/** Fixtures that hold datasets but no layers of Keras. */
const PLAIN = new Set<string>();
for (const name of binaries.filter((each) => each.startsWith('hdf5'))) {
  const root = await openHdf5(memorySource(fixture(name)));
  if ((await root.attribute('layer_names')) === undefined) PLAIN.add(name);
}

/** Every fixture in all the ways it can be loaded, and a file that is written here. */
const TARGETS: readonly Target[] = [
  ...binaries.flatMap(targetsOf),
  weightsOf('own.safetensors', loadOwnSafetensors),
  { name: 'model.json', as: 'a model', load: buildLayersModel, share: 3 },
  { name: 'shards.weights.json', as: 'weights', load: loadShards, share: 1 },
  { name: 'residual.json', as: 'an architecture', load: buildArchitecture, share: 3 },
  { name: 'nested.json', as: 'an architecture', load: buildArchitecture, share: 2 },
];
const SHARES = TARGETS.reduce((total, { share }) => total + share, 0);

function targetsOf(name: string): Target[] {
  if (name.startsWith('torch')) return [weightsOf(name, loadTorchWeights)];
  if (PLAIN.has(name)) return [{ name, as: 'datasets', load: readDatasets, share: 1 }];
  if (name.startsWith('optimizer'))
    return [{ name, as: "an optimizer's state", load: loadOptimizer, share: 2 }];
  const weights = weightsOf(name, loadKerasWeights);
  return hasArchitecture(name) ? [weights, { name, as: 'a model', load: buildOwn, share: 1 }] : [weights];
}

function weightsOf(name: string, load: Load): Target {
  // Its thousands of chunks take forty times as long as the other files.
  return { name, as: 'weights', load, share: name === 'hdf5-chunk-indexes.h5' ? 0.5 : 2 };
}

function hasArchitecture(name: string): boolean {
  return !name.startsWith('hdf5') && !name.endsWith('.weights.h5');
}

const models = new Map<string, tfl.LayersModel>();
const files = new Map<string, Uint8Array>();

/** The model that a file fits when it is whole: its own, or that of the file beside it that has one. */
async function modelFor(name: string): Promise<tfl.LayersModel> {
  if (name.startsWith('torch')) return torchModel();
  if (name === 'nested.json') return nestedModel();
  if (name.endsWith('.json')) return smallResidualNet();
  if (name === 'hdf5-chunk-indexes.h5') return chunkIndexModel(name);
  if (name.startsWith('hdf5')) return denseModel();
  const stem = name.replace(/(\.weights)?\.[a-z0-9]+$/, '');
  const source = [name, `${stem}.h5`, `${stem}.keras`, 'keras3.h5'].find(
    (candidate) => binaries.includes(candidate) && hasArchitecture(candidate),
  )!;
  return loadKerasModel(fixture(source));
}

beforeAll(async () => {
  for (const { name } of TARGETS) {
    if (files.has(name)) continue;
    const model = await modelFor(name);
    models.set(name, model);
    files.set(name, await fileOf(name, model));
  }
  idleBytes = process.memoryUsage().rss;
});
afterAll(() => {
  models.forEach((model) => model.dispose());
  rmSync(folder, { recursive: true });
});

let idleBytes = 0;

/** The whole file that mutations are made of. */
async function fileOf(name: string, model: tfl.LayersModel): Promise<Uint8Array> {
  if (binaries.includes(name)) return fixture(name);
  if (name === 'own.safetensors') return encodeSafetensors(model);
  const path = join(folder, name);
  if (name === 'model.json') await saveLayersModel(model, folder);
  else if (name.startsWith('shards')) await saveKerasWeights(model, path, { maxShardBytes: 3000 });
  else return new TextEncoder().encode(JSON.stringify(model.toJSON(null, false)));
  return new Uint8Array(readFileSync(path));
}

describe('a mutated file ends in a model or in one error of ours, quickly, and never in half a model', () => {
  it.each(TARGETS)('$name as $as', async ({ name, as, load, share }) => {
    const count = Math.ceil((MUTATIONS * share) / SHARES);
    const random = createRandom(SEED).fork(name, as);
    const model = models.get(name)!;
    const whole = load(model, new Uint8Array(files.get(name)!));
    await (REFUSED.test(name) ? expect(whole).rejects.toSatisfy((error) => isZooError(error)) : whole);
    const original = files.get(name)!;
    const values = JSON.stringify(weightValues(model));
    const outcomes = { read: 0, refused: 0 };
    for (let i = 0; i < count; i++) {
      // Every second mutation is one of the file's structure.
      const { bytes, keeps } =
        i % 2 === 0
          ? { bytes: mutate(original, random.fork(i)), keeps: false }
          : restructure(original, random.fork(i));
      const before = fingerprint(model);
      const tensors = tf.memory().numTensors;
      const [start, used] = [performance.now(), process.cpuUsage()];
      const error = await load(model, bytes).then(
        () => undefined,
        (caught: unknown) => caught,
      );
      const where = `mutation ${i} of ${name}, seed ${SEED}`;
      if (error !== undefined && !isZooError(error))
        throw new Error(`not an error of ours: ${where}`, { cause: error });
      const { user, system } = process.cpuUsage(used);
      if ((user + system) / 1e6 > LONGEST_SECONDS || performance.now() - start > LONGEST_WAIT_MS)
        throw new Error(`too slow: ${where}`);
      // The highest that it ever was, so that what is given back before the answer counts.
      if (process.resourceUsage().maxRSS * 1024 - idleBytes > LARGEST_GROWTH_BYTES)
        throw new Error(`too large: ${where}`);
      if (tf.memory().numTensors !== tensors) throw new Error(`leaked tensors: ${where}`);
      if (error !== undefined && fingerprint(model) !== before) throw new Error(`half loaded: ${where}`);
      if (error === undefined && keeps && as === 'weights' && JSON.stringify(weightValues(model)) !== values)
        throw new Error(`other values: ${where}`);
      outcomes[error === undefined ? 'read' : 'refused']++;
    }
    // Injuries that refuse all, or none, would tell nothing; short runs may by chance.
    if (count > 100 && !REFUSED.test(name)) {
      expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(count / 100);
    }
    expect(count).toBeGreaterThan(0);
  });
});

/** Changes whenever any weight of the model is replaced: a weight's data is a new thing then. */
function fingerprint(model: tfl.LayersModel): string {
  return model.weights.map((weight) => (weight.read().dataId as { id?: number }).id).join();
}

function denseModel(): tfl.LayersModel {
  const model = tfl.sequential({ name: 'dense' });
  model.add(tfl.layers.dense({ name: 'layer_07', units: 9, useBias: false, inputShape: [7] }));
  return model;
}

/** A dense layer for each dataset of the file, of its shape. */
async function chunkIndexModel(name: string): Promise<tfl.LayersModel> {
  const root = await openHdf5(memorySource(fixture(name)));
  const input = tfl.input({ shape: [7] });
  const outputs: tfl.SymbolicTensor[] = [];
  for (const layerName of root.names) {
    const { shape } = await root.dataset(`${layerName}/${layerName}/kernel:0`);
    const layer = tfl.layers.dense({ name: layerName, units: shape[1]!, useBias: false });
    outputs.push(layer.apply(input) as tfl.SymbolicTensor);
  }
  return tfl.model({ inputs: input, outputs });
}

function torchModel(): tfl.LayersModel {
  const model = tfl.sequential({ name: 'torch' });
  const shape = { kernelSize: 3, useBias: false, inputShape: [8, 8, 3] };
  model.add(tfl.layers.conv2d({ name: 'conv1_conv', filters: 4, ...shape }));
  model.add(tfl.layers.batchNormalization({ name: 'conv1_bn' }));
  model.add(tfl.layers.globalAveragePooling2d({}));
  model.add(tfl.layers.dense({ name: 'predictions', units: 5 }));
  return model;
}
