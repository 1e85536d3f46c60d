import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describeValue, ZooError } from '@zoo/core';
import { decodeImage, readImageFile } from '@zoo/data/node';
import { loadLayersModel, type LoadProgress } from '@zoo/weights/node';

import { fetchPicture } from '../fetch-picture';
import { isHttpAddress, loadFromAddress } from '../load-from-address';
import { pictureName, type Picture } from '../picture';

import type { Platform } from './platform';

const MODEL_FILE = 'model.json';

export const platform: Platform = {
  decode: async (picture, signal) => {
    const source = pictureName(picture);
    if (typeof picture === 'string' || picture instanceof URL) {
      if (isHttpAddress(source)) return decodeImage(await fetchPicture(picture, signal), { source });
      return readImageFile(pathOf(source));
    }
    if (picture instanceof Blob) return decodeImage(new Uint8Array(await picture.arrayBuffer()), { source });
    if (picture instanceof Uint8Array) return decodeImage(picture, { source });
    throw notAPicture(picture);
  },
  openFolder: async (place, options) => {
    if (isHttpAddress(place)) return loadFromAddress(place, options);
    const path = pathOf(place);
    const folder = await modelFolder(path);
    if (folder !== undefined) return loadLayersModel(folder, loadOptions(options));
    const status = await stat(path).catch(() => undefined);
    if (status?.isDirectory() === true) throw await emptyFolder(path);
    return undefined;
  },
  isPlace: async (text) => isHttpAddress(text) || (await exists(pathOf(text))),
};

function loadOptions({ signal, onProgress }: Parameters<Platform['openFolder']>[1]) {
  return {
    ...(signal && { signal }),
    ...(onProgress && {
      onProgress: ({ loadedBytes, totalBytes }: LoadProgress) => onProgress(loadedBytes / totalBytes),
    }),
  };
}

const pathOf = (place: string): string => (/^file:/i.test(place) ? fileURLToPath(place) : place);

/** The folder with a model.json that `path` means: itself, its `model` folder (a run), or the one that the file lies in. */
async function modelFolder(path: string): Promise<string | undefined> {
  if (basename(path) === MODEL_FILE && (await exists(path))) return dirname(path);
  for (const folder of [path, join(path, 'model')]) {
    if (await exists(join(folder, MODEL_FILE))) return folder;
  }
  return undefined;
}

async function emptyFolder(path: string): Promise<ZooError> {
  const isUnfinished = await exists(join(path, 'checkpoints'));
  const found = isUnfinished
    ? 'it holds checkpoints of a run that has not finished. Resume the run first.'
    : `there is none. Give a folder with a ${MODEL_FILE}, or the output folder of a training run.`;
  return new ZooError('invalid-file', `Expected a model in the folder ${path} but ${found}`);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function notAPicture(picture: Picture): ZooError {
  return new ZooError(
    'unsupported',
    `Expected a path, address, Blob, bytes or pixels to classify but received ${describeValue(picture)}. Canvases and images are for browsers.`,
  );
}
