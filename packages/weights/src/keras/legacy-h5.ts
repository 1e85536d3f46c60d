import { METADATA_KEY } from '@zoo/core';

import { parseJson } from '../architecture/parse-json';
import type { Hdf5Group } from '../hdf5/hdf5-file';
import type { FileTexts } from '../model/restore-metadata';
import { invalidFile } from '../source/byte-source';
import type { StoredLayer, StoredTensor } from '../stored-tensor';

import { storedDataset, type KerasFile } from './keras-file';

/** Longest chain of attribute pieces that is followed. */
const MAXIMUM_PIECES = 10_000;

/** True if `root` is laid out as Keras 1 to 3 lay out a legacy `.h5`, full model or weights only. */
export async function isLegacyH5(root: Hdf5Group): Promise<boolean> {
  return root.has('model_weights') || (await listAttribute(root, 'layer_names')) !== undefined;
}

/**
 * Reads the directory of a legacy `.h5`: layer by layer, the weights in Keras' order.
 *
 * @see keras/src/legacy/saving/legacy_h5_format.py
 */
export async function readLegacyH5(root: Hdf5Group, fileName: string): Promise<KerasFile> {
  const names = await listAttribute(root, 'layer_names');
  const group = names === undefined ? await root.group('model_weights') : root;
  const layerNames = names ?? (await listAttribute(group, 'layer_names'));
  if (layerNames === undefined) throw invalidFile(fileName, 'has model weights without a list of layers');
  const layers: StoredLayer[] = [];
  for (const name of layerNames) layers.push({ name, tensors: await readTensors(await group.group(name)) });
  // As Keras: the version beside the weights counts; Keras 1 wrote none there.
  const version = (await group.text('keras_version')) ?? '1';
  return {
    format: 'legacy-h5',
    name: fileName,
    kerasVersion: version,
    kerasMajor: Number.parseInt(version, 10) || 1,
    backend: await group.text('backend'),
    modelConfig: await jsonAttribute(root, 'model_config', fileName),
    trainingConfig: await jsonAttribute(root, 'training_config', fileName),
    metadata: await zooTexts(root),
    layers,
    layerNames: 'top',
    optimizer: root.has('optimizer_weights') ? await readTensors(await root.group('optimizer_weights')) : [],
  };
}

/** What the zoo keeps in an attribute of a file's root. */
export async function zooTexts(root: Hdf5Group): Promise<FileTexts> {
  const text = await root.text(METADATA_KEY);
  return text === undefined ? {} : { [METADATA_KEY]: text };
}

async function readTensors(group: Hdf5Group): Promise<StoredTensor[]> {
  const tensors: StoredTensor[] = [];
  for (const name of (await listAttribute(group, 'weight_names')) ?? []) {
    tensors.push(storedDataset(name, await group.dataset(name)));
  }
  return tensors;
}

/** A list of texts, whole or split over `name0`, `name1` and so on, as Keras does with long ones; undefined if absent. */
async function listAttribute(group: Hdf5Group, name: string): Promise<string[] | undefined> {
  const whole = await emptyOrTexts(group, name);
  if (whole !== undefined) return whole;
  const result: string[] = [];
  for (let i = 0; i < MAXIMUM_PIECES; i++) {
    const piece = await emptyOrTexts(group, `${name}${i}`);
    if (piece === undefined) return i === 0 ? undefined : result;
    for (const text of piece) result.push(text);
  }
  return result;
}

/** numpy makes an empty list one of numbers: that too is an empty list of texts. */
async function emptyOrTexts(group: Hdf5Group, name: string): Promise<string[] | undefined> {
  const values = await group.attribute(name);
  return values?.length === 0 ? [] : group.texts(name);
}

async function jsonAttribute(root: Hdf5Group, name: string, fileName: string): Promise<unknown> {
  const text = await root.text(name);
  return text === undefined ? undefined : parseJson(text, fileName, `has a ${name} that is no JSON`);
}
