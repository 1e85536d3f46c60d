import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, updateModelMetadata, ZooError } from '@zoo/core';
import type { LoadingOptions, LoadNetworkOptions, PretrainedEntry } from '@zoo/resnet';
import type { ReadOptions, WeightFile } from '@zoo/weights';

import { platform } from '#platform';

/**
 * What holds a model: the output folder of a training run, a folder with a model.json, a Keras, PyTorch or safetensors file, a Blob
 * or bytes of one, an http(s) address of any of these, the files of a TensorFlow.js model that a user chose, or published weights by
 * their name (`resnet50.tv_in1k`; `resnet50` alone is the first of that network).
 */
export type ModelSource = WeightFile | readonly File[] | PretrainedEntry;

/** What a file of weights alone may leave open of its network. */
export type NetworkOptions = Pick<LoadNetworkOptions, 'variant' | 'stem' | 'shortcut' | 'imageSize'>;

/** Options of {@link openModel}. Variant, stem and shortcut are refused for a source that says itself what network it holds. */
export interface OpenModelOptions extends Omit<LoadingOptions, 'onProgress'>, NetworkOptions {
  /** Called with the share of the model that has been read, from 0 to 1, as far as its source tells. */
  onProgress?: (fraction: number) => void;
}

/**
 * The model at `source`, with its metadata; the caller disposes it.
 *
 * A file of weights alone becomes the residual network that it belongs to.
 *
 * @throws ZooError 'invalid-file', 'unsupported', 'weights-mismatch' or 'download'; ArgumentError for a text that is neither a
 *   place nor the name of published weights: it suggests the nearest.
 */
export async function openModel(
  source: ModelSource,
  options: OpenModelOptions = {},
): Promise<tfl.LayersModel> {
  options.signal?.throwIfAborted();
  if (Array.isArray(source)) return openFiles(source as readonly File[], options);
  if (isEntry(source)) return openPublished(source, options);
  const file = source as WeightFile;
  const place = typeof file === 'string' ? file : file instanceof URL ? file.href : undefined;
  if (place === undefined) return openFile(file, options);
  if (typeof file === 'string' && !(await platform.isPlace(file))) return openPublished(file, options);
  const saved = await platform.openFolder(place, picked(options, 'signal', 'requests', 'onProgress'));
  if (saved === undefined) return openFile(file, options);
  try {
    expectNothingOpen(place, options);
    return saved;
  } catch (error) {
    saved.dispose();
    throw error;
  }
}

/** The options of these names that have a value. */
function picked<Name extends keyof OpenModelOptions>(
  options: OpenModelOptions,
  ...names: readonly Name[]
): Pick<OpenModelOptions, Name> {
  const given = names.filter((name) => options[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, options[name]])) as Pick<OpenModelOptions, Name>;
}

function isEntry(source: ModelSource): source is PretrainedEntry {
  return typeof source === 'object' && 'architecture' in source && 'hash' in source;
}

/** A Keras file that holds its architecture, or the network that weights alone belong to. */
async function openFile(file: WeightFile, options: OpenModelOptions): Promise<tfl.LayersModel> {
  const { onProgress } = options;
  const common = picked(options, 'signal', 'requests') as ReadOptions;
  const { inspectWeights, loadKerasModel } = await import('@zoo/weights');
  const { architecture, fileName } = await inspectWeights(file, common);
  if (architecture === undefined) {
    const { loadNetwork } = await import('@zoo/resnet');
    const network = picked(options, 'variant', 'stem', 'shortcut', 'imageSize') as NetworkOptions;
    return loadNetwork(file, { ...common, ...network });
  }
  expectNothingOpen(fileName, options);
  return loadKerasModel(file, {
    ...common,
    ...(onProgress && {
      onProgress: ({ loadedBytes, totalBytes }) => onProgress(loadedBytes / totalBytes),
    }),
  });
}

/** Throws if the caller says what a network is that says so itself. */
function expectNothingOpen(source: string, options: NetworkOptions): void {
  const name = (['variant', 'stem', 'shortcut'] as const).find((each) => options[each] !== undefined);
  if (name === undefined) return;
  throw new ArgumentError(
    `options.${name}`,
    'nothing',
    options[name],
    `${source} says itself what network it holds. Leave it out.`,
  );
}

async function openFiles(files: readonly File[], options: OpenModelOptions): Promise<tfl.LayersModel> {
  const model = files.find(({ name }) => name.endsWith('.json'));
  if (model === undefined) {
    const [only, ...others] = files;
    if (only !== undefined && others.length === 0) return openFile(only, options);
    throw new ZooError(
      'invalid-file',
      `Expected a model.json and its files of weights but received ${files.map(({ name }) => name).join(', ') || 'no files'}.`,
    );
  }
  expectNothingOpen(model.name, options);
  return tfl.loadLayersModel(tf.io.browserFiles([model, ...files.filter((file) => file !== model)]));
}

/** The network with those weights; one with a classifier knows ImageNet's classes. */
async function openPublished(
  weights: string | PretrainedEntry,
  options: OpenModelOptions,
): Promise<tfl.LayersModel> {
  expectNothingOpen(typeof weights === 'string' ? weights : weights.name, options);
  const { onProgress } = options;
  const loading = picked(options, 'signal', 'requests', 'cacheDirectory', 'kerasDirectory');
  const [{ pretrained }, { IMAGENET_CLASS_INDEX }] = await Promise.all([
    import('@zoo/resnet'),
    import('@zoo/resnet/imagenet'),
  ]);
  const model = await pretrained(weights, {
    ...(loading as LoadingOptions),
    ...(onProgress && {
      onProgress: ({ receivedBytes, totalBytes }) =>
        onProgress(totalBytes === undefined ? 0 : receivedBytes / totalBytes),
    }),
  });
  if (model.outputs[0]!.shape.at(-1) === IMAGENET_CLASS_INDEX.length) {
    const classNames = IMAGENET_CLASS_INDEX.map((entry) => (typeof entry === 'string' ? entry : entry[1]));
    updateModelMetadata(model, { classNames });
  }
  return model;
}
