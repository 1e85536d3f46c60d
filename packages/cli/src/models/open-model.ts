import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import type * as tf from '@tensorflow/tfjs';
import { ZooError } from '@zoo/core';
import { isTorchFile, loadKerasModel, loadLayersModel } from '@zoo/weights/node';

import type { CommandIo } from '../command-io';
import { OUTPUT_FILES } from '../training/train-settings';

import { openPublished, publishedEntry } from './published-model';

const MODEL_FILE = 'model.json';

/**
 * The model at `path`: a LayersModel's folder or model.json, the output folder of `zoo train`, or a Keras file that holds its
 * architecture; or the net with the published weights of that name. The caller disposes it.
 *
 * @throws ZooError `invalid-file` if there is none.
 */
export async function openModel(path: string, io: CommandIo): Promise<tf.LayersModel> {
  const entry = publishedEntry(path);
  if (entry !== undefined) return openPublished(entry, io);
  const folder = layersModelFolder(path);
  if (folder !== undefined) return loadLayersModel(folder);
  if (!existsSync(path)) {
    throw new ZooError(
      'invalid-file',
      `Expected a saved model at ${path} but there is nothing. Check the path.`,
    );
  }
  if (isWeightsOnly(path)) {
    throw new ZooError(
      'invalid-file',
      `${path} holds weights without an architecture. Make a model of it first: zoo import ${path} --model <name> --output <folder>.`,
    );
  }
  if (/\.(h5|hdf5|keras)$/i.test(path)) return loadKerasModel(path);
  throw new ZooError(
    'invalid-file',
    `Expected a saved model at ${path}: a folder with ${MODEL_FILE}, or a Keras .h5 or .keras file.`,
  );
}

/** True for files that by their name hold weights alone. */
export function isWeightsOnly(path: string): boolean {
  return isTorchFile(path) || /\.weights\.h5$/i.test(path);
}

/** The folder of the LayersModel that `path` means, or undefined if it means none. */
export function layersModelFolder(path: string): string | undefined {
  if (basename(path) === MODEL_FILE && existsSync(path)) return dirname(path);
  return [path, join(path, OUTPUT_FILES.model)].find((folder) => existsSync(join(folder, MODEL_FILE)));
}
