import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import { namingPath, saveKeras, saveKerasH5, saveKerasWeights, writeFileAtomically } from '@zoo/weights/node';

import type { EpochRecord } from '../history';
import { readAllValues } from '../host-tensors';
import { runWeights } from '../training/run-weights';

import { exists, PENDING_PREFIX } from './checkpoint-files';
import { stringifyJson } from './json-numbers';
import { fileSha256, sealSafetensors } from './sealed-file';

/** An epoch whose weights are on the disk. */
export interface KeptEpoch {
  /** From 0. */
  readonly epoch: number;
  /** What the watched metric was. */
  readonly value: number;
  /** The file's name within the checkpoint's folder. */
  readonly file: string;
  readonly sha256: string;
}

/** The name of a file of weights: `.safetensors` is added to one that ends in no format's name. */
export function weightsFileName(name: string): string {
  return /\.(safetensors|h5|keras)$/.test(name) ? name : `${name}.safetensors`;
}

/**
 * Writes a model's weights as the name says: `.weights.h5` as Keras 3 has it, `.keras` as a Keras model, any other `.h5` as Keras 2
 * has it, and safetensors.
 *
 * They stand under a name of their own until {@link publish} gives them theirs: a state that names them comes first.
 *
 * @returns The file's SHA-256.
 */
export async function writePending(
  directory: string,
  file: string,
  model: tfl.LayersModel,
  record: EpochRecord,
): Promise<string> {
  const path = join(directory, `${PENDING_PREFIX}${file}`);
  await namingPath('write', path, () => writeWeights(path, model, record));
  return fileSha256(path);
}

async function writeWeights(path: string, model: tfl.LayersModel, record: EpochRecord): Promise<void> {
  if (path.endsWith('.weights.h5')) return saveKerasWeights(model, path);
  if (path.endsWith('.h5')) return saveKerasH5(model, path, { weightsOnly: true });
  if (path.endsWith('.keras')) return saveKeras(model, path);
  const { epoch, step, metrics } = record;
  const weights = await readAllValues(runWeights(model).map(({ name, variable }) => [name, variable]));
  const metadata = { format: 'zoo-weights-1', epoch: stringifyJson({ epoch, step, metrics }) };
  await writeFileAtomically(path, sealSafetensors(weights, metadata));
}

/** Gives the weights of an epoch, once a state on the disk names them, their name. */
export async function publish(directory: string, { file, sha256 }: KeptEpoch): Promise<void> {
  const pending = join(directory, `${PENDING_PREFIX}${file}`);
  if (!(await exists(pending)) || (await fileSha256(pending)) !== sha256) return;
  await rename(pending, join(directory, file));
}

/** Removes weights that no state names: a run was killed between the two. */
export async function removePending(directory: string): Promise<void> {
  const names = await readdir(directory);
  for (const name of names)
    if (name.startsWith(PENDING_PREFIX)) await rm(join(directory, name), { force: true });
}

/** Where the weights of a kept epoch are, or undefined if they are gone or other ones are in their place. */
export async function findKept(directory: string, { file, sha256 }: KeptEpoch): Promise<string | undefined> {
  for (const name of [file, `${PENDING_PREFIX}${file}`]) {
    const path = join(directory, name);
    if ((await exists(path)) && (await fileSha256(path)) === sha256) return path;
  }
  return undefined;
}
