import type * as tf from '@tensorflow/tfjs';
import { expectKnownOptions, expectOneOf } from '@zoo/core';

import { assignWeights, type LoadOptions } from '../model/assign-weights';
import { matchByName, matchByTopology, type ConvertLayer, type Match } from '../model/match-weights';
import { leafLayers, topLayers, type ModelLayer } from '../model/model-layers';
import { expectFit, type WeightsReport } from '../model/weights-report';
import { withSource, type WeightFile } from '../source/open-source';
import type { StoredLayer } from '../stored-tensor';

import { classPaths, configLayerTree, modelLayerTree } from './class-paths';
import { convertLegacyLayer } from './convert-legacy-layer';
import type { KerasFile } from './keras-file';
import { openKerasFile } from './open-keras-file';

/** What a layer of the file is called in the model: a function or a table; undefined leaves the layer out, in silence. */
export type RenameLayer = ((name: string) => string | undefined) | Readonly<Record<string, string>>;

/** Options of {@link loadKerasWeights}. */
export interface LoadKerasWeightsOptions extends LoadOptions {
  /**
   * `name` (the default) fits layers of equal names; `topology` the first layer with weights to the first, the second to the
   * second and so on, as Keras does by default: right only if both nets list their layers in one order.
   */
  by?: 'name' | 'topology';
  /** Load what fits and report the rest, instead of refusing. Default: false. */
  skipMismatch?: boolean;
  /** What a layer of the file is called in the model; names that a table lacks stay. */
  rename?: RenameLayer;
}

/**
 * Loads the weights of a Keras file into `model`: legacy `.h5` of Keras 1 to 3 (full model or weights only), `.weights.h5` or
 * `.keras`. The kind is recognised by content.
 *
 * Strict by default: either every weight of model and file finds its partner of the same shape, or the model stays as it was
 * and one error lists all that is missing, unexpected or of another shape.
 *
 * @param model The model; its architecture is not changed.
 * @param file A path (in Node), address, Blob, File, bytes or ByteSource.
 * @returns What was loaded and, with `skipMismatch`, what was not.
 * @throws ZooError 'weights-mismatch' if they do not fit, 'invalid-file' or 'unsupported' if the file is not sound or uses
 *   what is not read, 'download' if its address does not answer; ArgumentError.
 *
 * @example
 * await loadKerasWeights(resnet50(), 'resnet50_weights_tf_dim_ordering_tf_kernels.h5');
 */
export async function loadKerasWeights(
  model: tf.LayersModel,
  file: WeightFile,
  options: LoadKerasWeightsOptions = {},
): Promise<WeightsReport> {
  expectKnownOptions('options', options, ['by', 'skipMismatch', 'rename', 'signal', 'onProgress']);
  const by = expectOneOf('options.by', options.by ?? 'name', ['name', 'topology']);
  return withSource(file, options, async (source) => {
    const { assignments, report } = matchKerasFile(model, await openKerasFile(source), by, options.rename);
    if (options.skipMismatch !== true) expectFit(report, source.name, model.name);
    await assignWeights(assignments, options);
    return report;
  });
}

/** Which of the file's tensors goes to which of the model's weights. */
export function matchKerasFile(
  model: tf.LayersModel,
  file: KerasFile,
  by: 'name' | 'topology',
  rename?: RenameLayer,
): Match {
  const layers = modelLayers(model, file);
  const convert: ConvertLayer = (stored, layer) =>
    file.format === 'legacy-h5' ? convertLegacyLayer(file, stored, layer) : stored.tensors;
  const renamed = rename === undefined ? file.layers : renameLayers(file.layers, rename);
  return by === 'name'
    ? matchByName(layers, withClassifierName(renamed, layers), convert)
    : matchByTopology(layers, renamed, convert);
}

/**
 * The classifier by its name of today, if that is what the model calls it: the files of ResNets that keras.applications has published
 * since 2019 call it `probs`, its code since 2020 `predictions`. Keras itself loads them by order.
 */
function withClassifierName(
  stored: readonly StoredLayer[],
  layers: readonly ModelLayer[],
): readonly StoredLayer[] {
  const isIn = (list: readonly { name: string }[], wanted: string) =>
    list.some(({ name }) => name === wanted);
  if (!isIn(layers, 'predictions') || isIn(layers, 'probs') || isIn(stored, 'predictions')) return stored;
  return stored.map((layer) => (layer.name === 'probs' ? { ...layer, name: 'predictions' } : layer));
}

function modelLayers(model: tf.LayersModel, file: KerasFile): ModelLayer[] {
  if (file.layerNames === 'top') return topLayers(model);
  const layers = leafLayers(model);
  if (file.layerNames === 'leaf') return layers;
  // The order of the file's own architecture counts, if it has one: layers of one class are told apart by it alone.
  const tree = file.modelConfig === undefined ? modelLayerTree(model) : configLayerTree(file.modelConfig);
  const paths = new Map(classPaths(tree).map(({ name, path }) => [name, path]));
  return layers.map((layer) => ({ ...layer, name: paths.get(layer.name) ?? layer.name }));
}

function renameLayers(layers: readonly StoredLayer[], rename: RenameLayer): StoredLayer[] {
  const nameOf = (name: string) => {
    if (typeof rename === 'function') return rename(name);
    return Object.hasOwn(rename, name) ? rename[name] : name;
  };
  return layers.flatMap((layer) => {
    const name = nameOf(layer.name);
    return name === undefined ? [] : [{ ...layer, name }];
  });
}
