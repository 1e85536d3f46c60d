import { stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import {
  isZooError,
  readOptions,
  SIGNAL,
  ZooError,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import { buildModel } from '../architecture/build-model';
import { isJsonObject, MAXIMUM_JSON_BYTES } from '../architecture/json-object';
import { parseModel } from '../architecture/parse-model';
import { WeightBudget } from '../architecture/weight-budget';
import { specBytes, type LayersModelJson } from '../layers-model/encode-layers-model';
import { decodeWeight, groupBytes, parseLayersModelJson } from '../layers-model/parse-layers-model';
import { LOAD_OPTIONS } from '../loading-options';
import { assignWeights, type Assignment } from '../model/assign-weights';
import { modelWeights } from '../model/model-layers';
import { CONTRADICTORY, expectFit } from '../model/weights-report';
import { invalidFile, truncated } from '../source/byte-source';
import type { StoredTensor } from '../stored-tensor';
import { elementCount } from '../tensor-data';

import { openRegularFile } from './regular-file';
import { shardHash, shardHashOf } from './save-layers-model';

/** What one group of weights is held in memory of: no array is larger everywhere. */
const MAXIMUM_GROUP_BYTES = 2 ** 31;

const LOAD_LAYERS_MODEL_OPTIONS = {
  /** Aborted, reading stops and throws the signal's reason. */
  signal: SIGNAL,
  /** Called after each weight. */
  onProgress: LOAD_OPTIONS.onProgress,
} as const satisfies OptionTable;

/** Options of {@link loadLayersModel}. */
export interface LoadLayersModelOptions extends OptionsOf<typeof LOAD_LAYERS_MODEL_OPTIONS> {}

/**
 * Loads a TensorFlow.js LayersModel from disk, without tfjs-node: one that {@link saveLayersModel} saved, or any other.
 *
 * Batch norms are `@zoo/core`'s, so that the model trains correctly. The model's metadata is restored.
 *
 * @param path The folder, or its model.json.
 * @throws ZooError 'invalid-file' if a file is absent, cut short or not sound, 'unsupported' for custom layers, 'weights-mismatch' if
 *   weights and architecture do not fit each other.
 */
export async function loadLayersModel(
  path: string,
  options: LoadLayersModelOptions = {},
): Promise<tfl.LayersModel> {
  readOptions(LOAD_LAYERS_MODEL_OPTIONS, options);
  const jsonPath = await modelJsonPath(path);
  const json = parseLayersModelJson(await readText(jsonPath), jsonPath);
  const tensors = await openWeights(json, jsonPath, options.signal);
  const elements = [...tensors.values()].reduce((total, { shape }) => total + elementCount(shape), 0);
  const spec = parseModel(json.modelTopology, {
    fileName: jsonPath,
    kerasMajor: kerasMajorOf(json.modelTopology),
  });
  const model = buildModel(spec, { fileName: jsonPath, budget: new WeightBudget(jsonPath, elements) });
  try {
    await assignWeights(matchAll(model, tensors, jsonPath), options);
    if (isJsonObject(json.userDefinedMetadata)) model.setUserDefinedMetadata({ ...json.userDefinedMetadata });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The version of Keras that a converted model comes from; what TensorFlow.js itself writes is Keras 2's. */
function kerasMajorOf(topology: unknown): number {
  const version = isJsonObject(topology) ? topology['keras_version'] : undefined;
  return typeof version === 'string' ? Number.parseInt(version, 10) || 2 : 2;
}

async function modelJsonPath(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile() === true && basename(path).endsWith('.json')) return path;
  const inside = join(path, 'model.json');
  if (await stat(inside).catch(() => undefined)) return inside;
  throw new ZooError(
    'invalid-file',
    `Expected a folder with a model.json at ${path} but there is none. Check the path.`,
  );
}

async function readText(path: string): Promise<string> {
  const handle = await openRegularFile(path);
  try {
    if ((await handle.stat()).size > MAXIMUM_JSON_BYTES) {
      throw invalidFile(path, 'is a model.json beyond any sound size');
    }
    return await handle.readFile('utf8');
  } catch (cause) {
    if (isZooError(cause)) throw cause;
    throw new ZooError(
      'invalid-file',
      `Expected a readable file at ${path} but it can't be read. Check its permissions and the disk.`,
      { cause },
    );
  } finally {
    await handle.close();
  }
}

/** All weights by name: views of the files' bytes, whose sizes are known to be right; each file is read once, with the first of its weights. */
async function openWeights(
  json: LayersModelJson,
  jsonPath: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, StoredTensor>> {
  const tensors = new Map<string, StoredTensor>();
  for (const { paths, weights } of json.weightsManifest) {
    const files = paths.map((path) => join(dirname(jsonPath), path));
    const sizeBytes = groupBytes(weights);
    await withShards(files, sizeBytes, () => Promise.resolve());
    let reading: Promise<Uint8Array<ArrayBuffer>> | undefined;
    let end = 0;
    for (const spec of weights) {
      const start = end;
      end += specBytes(spec);
      const last = end;
      const read = async () => {
        reading ??= readShards(files, sizeBytes, signal);
        return decodeWeight((await reading).subarray(start, last), spec);
      };
      tensors.set(spec.name, { name: spec.name, shape: spec.shape, type: spec.dtype, read });
    }
  }
  return tensors;
}

/** The shards' bytes behind each other. */
function readShards(
  files: readonly string[],
  sizeBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  return withShards(files, sizeBytes, async (shards) => {
    if (sizeBytes > MAXIMUM_GROUP_BYTES)
      throw invalidFile(shownList(files), 'hold more than 2 GiB in one group', 'Save them in several.');
    const bytes = new Uint8Array(sizeBytes);
    let offset = 0;
    for (const [place, { handle, size }] of shards.entries()) {
      signal?.throwIfAborted();
      const part = bytes.subarray(offset, offset + size);
      for (let done = 0; done < size;) {
        const { bytesRead } = await handle.read(part, done, size - done, done);
        if (bytesRead === 0) throw truncated(files[place]!);
        done += bytesRead;
      }
      expectNamedContent(files[place]!, part);
      offset += size;
    }
    return bytes;
  });
}

interface OpenShard {
  readonly handle: FileHandle;
  readonly size: number;
}

/** Runs `use` on the shards, opened, once their sizes add up to `sizeBytes`. */
async function withShards<Result>(
  files: readonly string[],
  sizeBytes: number,
  use: (shards: readonly OpenShard[]) => Promise<Result>,
): Promise<Result> {
  const shards: OpenShard[] = [];
  try {
    for (const file of files) {
      const handle = await openRegularFile(file);
      shards.push({ handle, size: 0 });
      shards[shards.length - 1] = { handle, size: (await handle.stat()).size };
    }
    if (shards.reduce((total, { size }) => total + size, 0) !== sizeBytes) throw truncated(shownList(files));
    return await use(shards);
  } finally {
    await Promise.all(shards.map(({ handle }) => handle.close()));
  }
}

/** A shard that {@link saveLayersModel} wrote is called after its content: what another model's, or damage, has put there is found out. */
function expectNamedContent(file: string, content: Uint8Array): void {
  const hash = shardHashOf(basename(file));
  if (hash === undefined || hash === shardHash(content)) return;
  throw invalidFile(
    file,
    'does not hold what its name says',
    "It was damaged, or is another model's: save or copy the whole folder again.",
  );
}

/** A few files' names, for a message. */
function shownList(files: readonly string[]): string {
  return files.length <= 3 ? files.join(', ') : `${files[0]!} and ${files.length - 1} more files`;
}

/** Names by what they are without their first part; those that two names end in are left out. */
function endings(names: Iterable<string>): Map<string, string> {
  const byEnd = new Map<string, string>();
  const twice = new Set<string>();
  for (const name of names) {
    const end = name.slice(name.indexOf('/') + 1);
    if (byEnd.has(end)) twice.add(end);
    byEnd.set(end, name);
  }
  for (const end of twice) byEnd.delete(end);
  return byEnd;
}

function matchAll(
  model: tfl.LayersModel,
  tensors: ReadonlyMap<string, StoredTensor>,
  fileName: string,
): Assignment[] {
  const assignments: Assignment[] = [];
  const missing: string[] = [];
  const used = new Set<string>();
  const byEnd = endings(tensors.keys());
  for (const weight of modelWeights(model)) {
    const { originalName } = weight.variable;
    // Keras 3 puts the model's name before the layer's: `sequential/conv2d/kernel`.
    const name = tensors.has(originalName) ? originalName : (byEnd.get(originalName) ?? originalName);
    const tensor = tensors.get(name);
    if (tensor === undefined) missing.push(originalName);
    else assignments.push({ weight, tensor });
    used.add(name);
  }
  const unexpected = [...tensors.keys()].filter((name) => !used.has(name));
  const fits = ({ weight, tensor }: Assignment) => String(weight.variable.shape) === String(tensor.shape);
  const mismatched = assignments
    .filter((assignment) => !fits(assignment))
    .map(({ weight, tensor }) => ({
      name: weight.name,
      modelShape: weight.variable.shape as number[],
      fileShape: tensor.shape,
    }));
  const loaded = assignments.filter(fits).map(({ weight }) => weight.name);
  // A model without weights is still a model.
  if (loaded.length + tensors.size > 0) {
    expectFit({ loaded, missing, unexpected, mismatched }, fileName, model.name, CONTRADICTORY);
  }
  return assignments;
}
