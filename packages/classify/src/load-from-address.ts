import * as tfl from '@tensorflow/tfjs-layers';
import { shownAddress, Transfer, ZooError } from '@zoo/core';

import type { OpenOptions } from './platform/platform';

/** True for an address that is fetched. */
export const isHttpAddress = (text: string): boolean => /^https?:/i.test(text);

/** Endings of files that hold a model in another format than TensorFlow.js'. */
const OTHER_FILE = /\.(h5|hdf5|keras|safetensors|pth|pt|th|tar|ckpt|bin)$/i;

/**
 * The TensorFlow.js model whose model.json, whose folder, or whose training run's folder is at `address`; undefined for addresses of
 * other files.
 */
export async function loadFromAddress(
  address: string,
  options: OpenOptions,
): Promise<tfl.LayersModel | undefined> {
  const [path = ''] = address.split(/[?#]/);
  if (OTHER_FILE.test(path)) return undefined;
  if (path.endsWith('.json')) return loadModelJson(address, options);
  const folder = path.replace(/\/$/, '');
  try {
    return await loadModelJson(`${folder}/model.json`, options);
  } catch (error) {
    if (!isMissing(error)) throw error;
    // A run keeps its model in a folder of its own.
    return loadModelJson(`${folder}/model/model.json`, options).catch((inRun: unknown) => {
      throw isMissing(inRun) ? error : inRun;
    });
  }
}

/** True for an error that says that the server has no such file. */
const isMissing = (error: unknown): boolean =>
  error instanceof Error && /answered with status 404\b/.test(error.message);

/** The most bytes that a model's files may have together. */
const MAXIMUM_BYTES = 2 ** 30;

async function loadModelJson(url: string, options: OpenOptions): Promise<tfl.LayersModel> {
  const { signal, onProgress } = options;
  try {
    return await tfl.loadLayersModel(url, {
      fetchFunc: boundedFetch(options),
      ...(onProgress && { onProgress }),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new ZooError(
      'download',
      `Expected a TensorFlow.js model at ${shownAddress(url)} but it can't be loaded: ${words}`,
      { cause },
    );
  }
}

/** A `fetch` for TensorFlow.js that takes of all files together, however often they are listed, no more than the limit. */
function boundedFetch({ signal, requests }: OpenOptions): typeof fetch {
  const transfer = new Transfer({ signal, requests });
  const limitBytes = requests?.maximumBytes ?? MAXIMUM_BYTES;
  let takenBytes = 0;
  return async (input) => {
    const answer = await transfer.request(input instanceof Request ? input.url : input);
    let ownBytes = 0;
    const onReceived = (bytes: number) => {
      takenBytes += bytes - ownBytes;
      ownBytes = bytes;
      if (takenBytes <= limitBytes) return;
      answer.cancel();
      throw new ZooError(
        'download',
        `Expected files of at most ${limitBytes} bytes together but there is more. Allow more with \`maximumBytes\` if that is right.`,
      );
    };
    return new Response(await answer.bytes({ onReceived }), { headers: answer.headers });
  };
}
