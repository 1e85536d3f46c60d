import type * as tfl from '@tensorflow/tfjs-layers';
import { METADATA_KEY, modelMetadataJson } from '@zoo/core';
import { ArgumentError, ZooError, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { layerConfigs } from '../architecture/model-topology';
import { MAXIMUM_ATTRIBUTE_BYTES } from '../hdf5/encode-messages';
import { addChild, groupContent, writeHdf5, type GroupContent, type Hdf5Output } from '../hdf5/write-hdf5';
import { topLayers, type ModelWeight } from '../model/model-layers';
import { bytesOf } from '../tensor-data';

import { compileConfig, KERAS_COMPILE_OPTIONS, optimizerVariables } from './encode-optimizer';
import { kerasConfig } from './keras-config';
import { floatingJson, optimizerConfig } from './keras-optimizer';

const BACKEND = 'tensorflow';

/** {@link KerasH5Options}, as data. */
export const KERAS_H5_OPTIONS = {
  ...KERAS_COMPILE_OPTIONS,
  /** Write the weights without the architecture, as `save_weights` does. Default: false. */
  weightsOnly: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** Options of {@link encodeKerasH5}. */
export interface KerasH5Options extends OptionsOf<typeof KERAS_H5_OPTIONS> {}

/**
 * Lays `model` out as Keras' legacy `.h5`; its weights are read when the pieces are asked for.
 *
 * @throws ArgumentError for an optimizer that is not the model's, or with weights only.
 * @throws ZooError 'unsupported' for a layer over several axes, which Keras 3 reads from such a file as another.
 */
export function encodeKerasH5(model: tfl.LayersModel, options: KerasH5Options = {}): Hdf5Output {
  const root = groupContent();
  const weights = options.weightsOnly === true ? root : groupContent();
  const config = kerasConfig(model);
  if (options.weightsOnly !== true) expectReadableAxes(config);
  const version = String(config['keras_version']);
  fillWeights(weights, model, version);
  if (options.weightsOnly !== true) {
    root.attributes.set('keras_version', version).set('backend', BACKEND);
    root.attributes.set('model_config', JSON.stringify(config));
    root.children.set('model_weights', weights);
  }
  fillOptimizer(root, model, options);
  putMetadata(root, model);
  return writeHdf5(root);
}

/** Keras 3 takes a list of axes in a legacy file for the last axis and does not warn. */
function expectReadableAxes(model: Record<string, unknown>): void {
  for (const layer of layerConfigs(model)) {
    const config = layer['config'] as Record<string, unknown>;
    if (Array.isArray(config) || 'layers' in config) expectReadableAxes(layer);
    const axis = config['axis'];
    if (!Array.isArray(axis) || axis.length < 2) continue;
    throw new ZooError(
      'unsupported',
      `Expected layers that Keras reads from a legacy .h5 as they are but '${String(config['name'])}' has the axes ` +
        `${axis.join(', ')}, which Keras 3 takes there for the last one. Save the model as .keras.`,
    );
  }
}

/** Keeps class names and preprocessing in an attribute, which Keras leaves alone. */
export function putMetadata(root: GroupContent, model: tfl.LayersModel): void {
  const json = modelMetadataJson(model);
  if (json !== undefined) root.attributes.set(METADATA_KEY, json);
}

function fillOptimizer(root: GroupContent, model: tfl.LayersModel, options: KerasH5Options): void {
  const { optimizer, weightsOnly } = options;
  if (optimizer === undefined) return;
  if (weightsOnly === true) {
    throw new ArgumentError(
      'options.optimizer',
      'no optimizer with weights only',
      optimizer,
      'Save the full model, or `.weights.h5` with saveKerasWeights.',
    );
  }
  const variables = optimizerVariables(model, optimizer);
  const group = groupContent();
  putList(
    group,
    'weight_names',
    variables.map(({ name }) => name),
  );
  for (const { name, content } of variables) addChild(group, name, content);
  root.children.set('optimizer_weights', group);
  const compiled = { ...compileConfig(options), optimizer_config: optimizerConfig(optimizer) };
  root.attributes.set('training_config', floatingJson(compiled));
}

function fillWeights(group: GroupContent, model: tfl.LayersModel, version: string): void {
  const layers = topLayers(model);
  putList(
    group,
    'layer_names',
    layers.map(({ name }) => name),
  );
  group.attributes.set('backend', BACKEND).set('keras_version', version);
  for (const layer of layers) {
    const layerGroup = groupContent();
    const names = layer.weights.map(({ name }) => `${name}:0`);
    putList(layerGroup, 'weight_names', names);
    addChild(group, layer.name, layerGroup);
    layer.weights.forEach((weight, i) => addChild(layerGroup, names[i]!, weightDataset(weight)));
  }
}

/** A weight as a dataset, read from its engine when its turn comes. */
export function weightDataset({ variable }: ModelWeight) {
  const isInteger = variable.dtype === 'int32';
  return {
    kind: 'dataset',
    shape: variable.shape as number[],
    type: isInteger ? 'int32' : 'float32',
    bytes: async () => bytesOf(await variable.read().data()),
  } as const;
}

/** A list of texts as an attribute, split as Keras does where it is too long for an object's header. */
export function putList(group: GroupContent, name: string, texts: readonly string[]): void {
  const widest = Math.max(1, ...texts.map((text) => new TextEncoder().encode(text).length));
  const perPiece = Math.max(1, Math.floor(MAXIMUM_ATTRIBUTE_BYTES / widest));
  if (texts.length <= perPiece) {
    group.attributes.set(name, texts);
    return;
  }
  for (let i = 0; i * perPiece < texts.length; i++) {
    group.attributes.set(`${name}${i}`, texts.slice(i * perPiece, (i + 1) * perPiece));
  }
}
