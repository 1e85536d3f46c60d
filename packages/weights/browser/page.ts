import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { isZooError } from '@zoo/core';

import {
  loadKerasModel,
  loadKerasWeights,
  loadSafetensors,
  type LoadProgress,
  type WeightFile,
} from '../src/index';
import { outputsOf, weightValues, zeroWeights } from '../test/support/small-models';

/** What is used of the page; the package's types are those of Node. */
declare const location: { readonly href: string };
declare const document: { querySelector(name: string): { readonly files: readonly File[] } };

/** What a file can be in a page. */
export type FileKind = 'a File' | 'a Blob' | 'an ArrayBuffer' | 'an address' | 'a URL';

/** How a model is filled: from its own architecture, or an existing one by a loader. */
export type Loader = 'loadKerasModel' | 'loadKerasWeights' | 'loadSafetensors';

async function open(address: string, kind: FileKind): Promise<WeightFile> {
  if (kind === 'an address') return address;
  if (kind === 'a URL') return new URL(address, location.href);
  const response = await fetch(address);
  if (kind === 'an ArrayBuffer') return response.arrayBuffer();
  const blob = await response.blob();
  return kind === 'a Blob' ? blob : new File([blob], 'chosen');
}

/** The model in the Keras file at `architecture`, with zeros for weights. */
async function emptyModel(architecture: string): Promise<tfl.LayersModel> {
  const model = await loadKerasModel(architecture);
  zeroWeights(model);
  return model;
}

/** What the tests call in the page. */
const page = {
  async load(loader: Loader, file: string, kind: FileKind, architecture: string) {
    const source = await open(file, kind);
    const before = tf.memory().numTensors;
    let model: tfl.LayersModel;
    if (loader === 'loadKerasModel') model = await loadKerasModel(source);
    else {
      model = await emptyModel(architecture);
      await (loader === 'loadKerasWeights' ? loadKerasWeights : loadSafetensors)(model, source);
    }
    const result = { outputs: outputsOf(model), weights: weightValues(model) };
    model.dispose();
    return { ...result, leakedTensors: tf.memory().numTensors - before };
  },

  /** Loads into a model of one of the file's layers. */
  async loadOneLayer(file: string, layer: string, units: number) {
    const model = tfl.sequential({ name: 'part' });
    model.add(tfl.layers.dense({ name: layer, units, inputShape: [8] }));
    const { loaded } = await loadKerasWeights(model, file, { skipMismatch: true });
    const weights = weightValues(model);
    model.dispose();
    return { loaded, weights };
  },

  async progress(file: string) {
    const model = await emptyModel(file);
    const seen: LoadProgress[] = [];
    await loadKerasWeights(model, file, { onProgress: (progress) => seen.push(progress) });
    model.dispose();
    return seen;
  },

  /** Loads and aborts, after so many weights or, with `afterMs`, after a time; how that ended, and whether the model changed. */
  async abort(file: string, architecture: string, { afterWeights = Infinity, afterMs = Infinity }) {
    const model = await emptyModel(architecture);
    const controller = new AbortController();
    const stop = () => {
      controller.abort(new Error('enough'));
    };
    if (afterMs < Infinity) setTimeout(stop, afterMs);
    const start = performance.now();
    const error = await loadKerasWeights(model, file, {
      signal: controller.signal,
      onProgress: ({ loadedWeights }) => {
        if (loadedWeights === afterWeights) stop();
      },
    }).catch((caught: unknown) => caught);
    const durationMs = performance.now() - start;
    const isUnchanged = weightValues(model)
      .flat()
      .every((value) => value === 0);
    model.dispose();
    return { message: error instanceof Error ? error.message : String(error), isUnchanged, durationMs };
  },

  refuse: (file: string, architecture: string) => refusal(file, architecture),

  /** The error of the file that was chosen in the page's input. */
  refuseChosen: (architecture: string) => refusal(document.querySelector('input').files[0]!, architecture),
};

async function refusal(file: WeightFile, architecture: string) {
  const model = await emptyModel(architecture);
  const error = await loadKerasWeights(model, file).catch((caught: unknown) => caught);
  model.dispose();
  return { code: isZooError(error) ? error.code : undefined, message: String(error) };
}

export type WeightsPage = typeof page;

Object.assign(globalThis, { weightsPage: page });
