import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import { pickOptions, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import {
  encodeLayersModelWeights,
  layersModelJson,
  type LayersModelJson,
} from '../layers-model/encode-layers-model';

import { readRegularText } from './regular-file';
import { SAVE_OPTIONS, writeFileAtomically } from './write-file-atomically';

const SAVE_LAYERS_MODEL_OPTIONS = {
  ...SAVE_OPTIONS,
  /** Bytes a file of weights holds at most. Default: 4 MiB, which browsers still cache. */
  shardSizeBytes: { type: 'integer', minimum: 1024, default: 4_194_304 },
  /**
   * What weights are stored as, which `tf.loadLayersModel` makes float32 again: `'float16'` rounds all; `'uint16'` and `'uint8'` quantize
   * kernels, in steps from a kernel's smallest weight to its largest, and leave all else float32.
   */
  dtype: { type: 'choice', choices: ['float32', 'float16', 'uint16', 'uint8'], default: 'float32' },
} as const satisfies OptionTable;

/** Options of {@link saveLayersModel}. */
export interface SaveLayersModelOptions extends OptionsOf<typeof SAVE_LAYERS_MODEL_OPTIONS> {}

const MODEL_FILE = 'model.json';

/**
 * Saves `model` into `directory` as a TensorFlow.js LayersModel, model.json and files of weights, without tfjs-node.
 *
 * `tf.loadLayersModel` reads it in browsers and Node alike, and {@link loadLayersModel} from disk. The save is atomic: the files of weights
 * are named after their content, model.json is written last, and only then are the former weights removed. The model's metadata is saved
 * too.
 *
 * @throws ArgumentError for an unknown option, or a weight beyond float16; ZooError 'not-finite' for a kernel that can't be quantized; the
 *   file system's error, unchanged.
 */
export async function saveLayersModel(
  model: tfl.LayersModel,
  directory: string,
  options: SaveLayersModelOptions = {},
): Promise<void> {
  const { shardSizeBytes, dtype } = readOptions(SAVE_LAYERS_MODEL_OPTIONS, options);
  const writing = pickOptions(SAVE_OPTIONS, options);
  const encoded = await encodeLayersModelWeights(model, dtype);
  await mkdir(directory, { recursive: true });
  const former = await formerShards(directory);
  const count = Math.max(1, Math.ceil(encoded.sizeBytes / shardSizeBytes));
  const paths: string[] = [];
  try {
    for await (const shard of shards(encoded.pieces(), shardSizeBytes)) {
      const name = `group1-shard${paths.length + 1}of${count}-${shardHash(shard)}.bin`;
      await writeFileAtomically(join(directory, name), shard, writing);
      paths.push(name);
    }
    const json = JSON.stringify(layersModelJson(model, encoded.specs, paths));
    await writeFileAtomically(join(directory, MODEL_FILE), json, writing);
  } catch (error) {
    await removeAll(
      directory,
      paths.filter((path) => !former.includes(path)),
    );
    throw error;
  }
  await removeAll(
    directory,
    former.filter((path) => !paths.includes(path)),
  );
}

/** What a shard's name says of its content: the first 12 digits of its SHA-256. */
export function shardHash(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12);
}

/** The hash in the name of a shard that {@link saveLayersModel} wrote; undefined for other names. */
export function shardHashOf(name: string): string | undefined {
  return /^group1-shard\d+of\d+-([0-9a-f]{12})\.bin$/.exec(name)?.[1];
}

async function* shards(
  pieces: AsyncIterable<Uint8Array>,
  shardSizeBytes: number,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let isEmpty = true;
  for await (const piece of pieces) {
    for (let start = 0; start < piece.length;) {
      const part = piece.subarray(start, start + shardSizeBytes - length);
      parts.push(part);
      length += part.length;
      start += part.length;
      if (length < shardSizeBytes) continue;
      yield Buffer.concat(parts);
      isEmpty = false;
      [parts, length] = [[], 0];
    }
  }
  if (length > 0 || isEmpty) yield Buffer.concat(parts);
}

/** Files of weights that a model saved here before names; only such as this function writes. */
async function formerShards(directory: string): Promise<string[]> {
  try {
    const json = JSON.parse(await readRegularText(join(directory, MODEL_FILE))) as LayersModelJson;
    const paths = json.weightsManifest.flatMap((group) => group.paths);
    return paths.filter(
      (path) => path === basename(path) && /^group1-shard\d+of\d+-[0-9a-f]{12}\.bin$/.test(path),
    );
  } catch {
    // If the folder is missing or unreadable, nothing is removed.
    return [];
  }
}

async function removeAll(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) await rm(join(directory, name), { force: true });
}
