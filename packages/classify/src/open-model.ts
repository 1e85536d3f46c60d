import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata, updateModelMetadata } from '@zoo/core';
import {
  ArgumentError,
  expectFunction,
  pickOptions,
  READING_OPTIONS,
  readOptions,
  ZooError,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';
import type { LoadNetworkOptions, PretrainedEntry } from '@zoo/resnet';
import type { WeightFile } from '@zoo/weights';

import { platform } from '#platform';

import { PICTURE_OPTIONS } from './picture-reading';
import type { OpenOptions } from './platform/platform';

/**
 * What holds a model: the output folder of a training run, a folder with a model.json, a Keras, PyTorch or safetensors file, a Blob
 * or bytes of one, an http(s) address of any of these, the files of a TensorFlow.js model that a user chose, or published weights by
 * their name (`resnet50.tv_in1k`; `resnet50` alone is the first of that network), or a model of the Hugging Face Hub
 * (`hf:timm/resnet50.a1_in1k`).
 */
export type ModelSource = WeightFile | readonly File[] | PretrainedEntry;

// Names of variants, stems and shortcuts are checked where networks are built: a page that opens no weights loads none of that.
const STRUCTURE_OPTIONS = {
  /** The network's variant, where a file of weights alone does not settle it. */
  variant: { type: 'any', expected: 'a variant' } as AnyRow<Structure['variant']>,
  /** How the network begins. */
  stem: { type: 'any', expected: 'a stem' } as AnyRow<Structure['stem']>,
  /** The form of its shortcuts. */
  shortcut: { type: 'any', expected: 'a form of shortcuts' } as AnyRow<Structure['shortcut']>,
} as const satisfies OptionTable;

type Structure = Pick<LoadNetworkOptions, 'variant' | 'stem' | 'shortcut'>;

const NETWORK_OPTIONS = {
  ...STRUCTURE_OPTIONS,
  /** Height and width of the input. */
  imageSize: PICTURE_OPTIONS.imageSize,
} as const satisfies OptionTable;

/** What a file of weights alone may not say about its network. */
export interface NetworkOptions extends OptionsOf<typeof NETWORK_OPTIONS> {}

const FOLDER = { type: 'text', expected: 'the path of a folder' } as const;

// As @zoo/resnet has them: taken from its tables, they would bring 0.7 kB of other options to every page.
const FOLDER_OPTIONS = {
  /** In Node, where downloads are kept. Default `cacheDirectory()` of `@zoo/core`; of the Hugging Face Hub's files a folder as Python's `$HF_HUB_CACHE`, the default. Browsers keep them in Cache Storage. */
  cacheDirectory: FOLDER,
  /** In Node, where Keras keeps its own; read first, never written. Default `$KERAS_HOME/models`, or `~/.keras/models`. */
  kerasDirectory: FOLDER,
} as const satisfies OptionTable;

/** What opening takes, whatever else is said of the pictures. */
export const OPENING_OPTIONS = {
  ...READING_OPTIONS,
  ...FOLDER_OPTIONS,
  ...STRUCTURE_OPTIONS,
  /** Called with the share of the model that has been read, from 0 to 1, as far as its source tells. */
  onProgress: {
    type: 'any',
    expected: 'a function of a share from 0 to 1',
    check: expectFunction,
  } as AnyRow<(fraction: number) => void>,
} as const satisfies OptionTable;

const OPEN_MODEL_OPTIONS = { ...OPENING_OPTIONS, ...NETWORK_OPTIONS } as const satisfies OptionTable;

/** Options of {@link openModel}. Variant, stem and shortcut are refused for a source that says itself what network it holds. */
export interface OpenModelOptions extends OptionsOf<typeof OPEN_MODEL_OPTIONS> {}

/**
 * Opens the model at `source`, with its metadata; the caller disposes it.
 *
 * A file of weights alone becomes the residual network that it belongs to.
 *
 * @throws ZooError 'invalid-file', 'unsupported', 'weights-mismatch' or 'download'; ArgumentError for a text that is neither a place nor
 *   the name of published weights: it suggests the nearest.
 */
export async function openModel(
  source: ModelSource,
  options: OpenModelOptions = {},
): Promise<tfl.LayersModel> {
  readOptions(OPEN_MODEL_OPTIONS, options);
  options.signal?.throwIfAborted();
  if (Array.isArray(source)) return openFiles(source as readonly File[], options);
  if (isEntry(source)) return openPublished(source, options);
  const file = source as WeightFile;
  if (typeof file === 'string' && file.startsWith('hf:')) return openPublished(file, options);
  const place = typeof file === 'string' ? file : file instanceof URL ? file.href : undefined;
  if (place === undefined) return openFile(file, options);
  if (typeof file === 'string' && !(await platform.isPlace(file))) return openPublished(file, options);
  const saved = await platform.openFolder(place, openOptions(options));
  if (saved === undefined) return openFile(file, options);
  try {
    expectNothingOpen(place, options);
    return saved;
  } catch (error) {
    saved.dispose();
    throw error;
  }
}

function openOptions(options: OpenModelOptions): OpenOptions {
  const { onProgress } = options;
  return { ...pickOptions(READING_OPTIONS, options), ...(onProgress && { onProgress }) };
}

function isEntry(source: ModelSource): source is PretrainedEntry {
  return typeof source === 'object' && 'architecture' in source && 'hash' in source;
}

/** A Keras file that holds its architecture, or the network that weights alone belong to. */
async function openFile(file: WeightFile, options: OpenModelOptions): Promise<tfl.LayersModel> {
  const { onProgress } = options;
  const common = pickOptions(READING_OPTIONS, options);
  const { inspectWeights, loadKerasModel } = await import('./file-loaders');
  const { architecture, fileName } = await inspectWeights(file, common);
  if (architecture === undefined) {
    const { loadNetwork } = await import('./network-loaders');
    const { imageSize } = readOptions(OPEN_MODEL_OPTIONS, options);
    return loadNetwork(file, {
      ...common,
      ...pickOptions(STRUCTURE_OPTIONS, options),
      ...(imageSize && { imageSize }),
    });
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
  const name = (Object.keys(STRUCTURE_OPTIONS) as (keyof Structure)[]).find(
    (each) => options[each] !== undefined,
  );
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
      `Expected a model.json and its files of weights but received ${files.map(({ name }) => name).join(', ') || 'no files'}. Choose all files of the model's folder.`,
    );
  }
  expectNothingOpen(model.name, options);
  return tfl.loadLayersModel(tf.io.browserFiles([model, ...files.filter((file) => file !== model)]));
}

/** The network with those weights; one with ImageNet's number of classes, and no names of its own for them, knows them. */
async function openPublished(
  weights: string | PretrainedEntry,
  options: OpenModelOptions,
): Promise<tfl.LayersModel> {
  expectNothingOpen(typeof weights === 'string' ? weights : weights.name, options);
  const { onProgress } = options;
  const [{ pretrained }, { IMAGENET_CLASS_INDEX }] = await Promise.all([
    import('./network-loaders'),
    import('@zoo/resnet/imagenet'),
  ]);
  const model = await pretrained(weights, {
    ...pickOptions(READING_OPTIONS, options),
    ...pickOptions(FOLDER_OPTIONS, options),
    ...(onProgress && {
      onProgress: ({ receivedBytes, totalBytes }) =>
        onProgress(totalBytes === undefined ? 0 : receivedBytes / totalBytes),
    }),
  });
  const isNamed = modelMetadata(model)?.classNames !== undefined;
  if (!isNamed && model.outputs[0]!.shape.at(-1) === IMAGENET_CLASS_INDEX.length) {
    const classNames = IMAGENET_CLASS_INDEX.map((entry) => (typeof entry === 'string' ? entry : entry[1]));
    updateModelMetadata(model, { classNames });
  }
  return model;
}
