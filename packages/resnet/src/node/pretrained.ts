import { homedir } from 'node:os';
import { join } from 'node:path';

import type * as tf from '@tensorflow/tfjs';
import {
  ArgumentError,
  cacheDirectory,
  nearestName,
  PIXEL_NORMALIZATIONS,
  setModelMetadata,
} from '@zoo/core';
import { loadKerasWeights, loadTorchWeights, torchResnetName } from '@zoo/weights/node';

import type { ResNetOptions } from '../builder/options';
import { layerNameOf, type PretrainedEntry, pretrainedEntries } from '../catalogue';
import { createResnet } from '../families/create-resnet';

import { type DownloadOptions, downloadVerified, hasHash } from './download';

/** Options of {@link pretrained}. */
export interface PretrainedOptions extends DownloadOptions {
  /** False leaves the classifier out, whatever the file holds. Default: what the file holds. */
  includeTop?: boolean;
  /** See `resnet18`. */
  inputShape?: ResNetOptions['inputShape'];
  /** See `resnet18`. */
  pooling?: ResNetOptions['pooling'];
  /** 'softmax' or null. Default 'softmax'. */
  classifierActivation?: 'softmax' | null;
  /** Where downloads are kept. Default `cacheDirectory()` of `@zoo/core`. */
  cacheDirectory?: string;
  /** Where Keras keeps its own; read first, never written. Default `$KERAS_HOME/models`, or `~/.keras/models`. */
  kerasDirectory?: string;
}

/**
 * A net with published weights: from Keras' cache, from the zoo's, or downloaded and verified.
 *
 * The model's metadata say what pixels it reads (`modelMetadata(model).normalization`), so that they need not be known.
 *
 * @param weights A name such as `resnet50.keras_in1k` (`resnet50` alone means Keras' or, failing those, torchvision's), or an
 *   entry of one's own.
 * @throws ArgumentError for an unknown name; ZooError 'download' where the file can't be had, see {@link downloadVerified}.
 */
export async function pretrained(
  weights: string | PretrainedEntry,
  options: PretrainedOptions = {},
): Promise<tf.LayersModel> {
  const entry = typeof weights === 'string' ? pretrainedEntry(weights) : weights;
  const { includeTop = entry.includeTop, inputShape, pooling, classifierActivation } = options;
  if (includeTop && !entry.includeTop) {
    throw new ArgumentError('includeTop', `false for ${entry.name}, which holds no classifier,`, includeTop);
  }
  const path = await weightsPath(entry, options);
  const model = createResnet(entry.architecture, {
    variant: entry.variant,
    includeTop,
    kernelInitializer: 'zeros',
    ...(inputShape !== undefined && { inputShape }),
    ...(pooling !== undefined && { pooling }),
    ...(classifierActivation !== undefined && { classifierActivation }),
  });
  try {
    await load(model, path, entry, includeTop, options.signal);
  } catch (error) {
    model.dispose();
    throw error;
  }
  setModelMetadata(model, {
    architecture: entry.architecture,
    normalization: PIXEL_NORMALIZATIONS[entry.normalization],
    imageSize: [entry.imageSize, entry.imageSize],
  });
  return model;
}

/** The catalogue's entry of this name; `resnet50` alone is its first. Throws ArgumentError that suggests the nearest. */
export function pretrainedEntry(name: string): PretrainedEntry {
  const entries = pretrainedEntries();
  const found =
    entries.find((entry) => entry.name === name) ??
    entries.find((entry) => entry.name.split('.')[0] === name);
  if (found !== undefined) return found;
  const names = entries.map((entry) => entry.name);
  const nearest = nearestName(name, names);
  const advice = nearest === undefined ? `Known: ${names.join(', ')}.` : `Did you mean '${nearest}'?`;
  throw new ArgumentError('weights', 'the name of published weights', name, advice);
}

/**
 * The catalogue's entry whose file this is, by its hash: two ResNet-50 files have one name and differ in all else.
 *
 * @returns undefined for a file that the catalogue lacks.
 */
export async function identifyWeights(path: string): Promise<PretrainedEntry | undefined> {
  for (const entry of pretrainedEntries()) {
    if (await hasHash(path, entry.hash)) return entry;
  }
  return undefined;
}

/** The verified file, downloaded if no cache has it. */
async function weightsPath(entry: PretrainedEntry, options: PretrainedOptions): Promise<string> {
  const { kerasDirectory = join(process.env['KERAS_HOME'] ?? join(homedir(), '.keras'), 'models') } = options;
  const kerasPath = join(kerasDirectory, entry.fileName);
  // A file of the same name may be the other ResNet-50: only the hash tells.
  if (await hasHash(kerasPath, entry.hash)) return kerasPath;
  const path = join(options.cacheDirectory ?? cacheDirectory(), 'weights', entry.name, entry.fileName);
  await downloadVerified(entry.url, path, entry.hash, options);
  return path;
}

async function load(
  model: tf.LayersModel,
  path: string,
  entry: PretrainedEntry,
  includeTop: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const leavesTop = entry.includeTop && !includeTop;
  const common = signal === undefined ? {} : { signal };
  if (entry.layout === 'torch') {
    const names = (name: string): string | undefined =>
      leavesTop && name === 'fc' ? undefined : torchResnetName(name);
    await loadTorchWeights(model, path, { names, ...common });
    return;
  }
  const rename = (name: string): string | undefined => {
    const ours = layerNameOf(entry.layout, name);
    return leavesTop && ours === 'predictions' ? undefined : ours;
  };
  await loadKerasWeights(model, path, { rename, ...common });
}
