import type * as tfl from '@tensorflow/tfjs-layers';
import { ZooError } from '@zoo/core';

import { isJsonObject } from '../architecture/json-object';
import { layerConfigs, modelTopology } from '../architecture/model-topology';
import { kerasClassName } from '../layers/keras-class-names';
import { isUnknownToKeras } from '../layers/keras-layers';
import { escapedName } from '../source/byte-source';

type Json = Record<string, unknown>;
type TensorReference = [layer: string, node: number, ...rest: unknown[]];

/** Options that hold layers. */
const INNER_LAYERS = ['layer', 'cell', 'cells', 'backward_layer'];

const MODELS = ['Model', 'Functional', 'Sequential'];

/** What Keras is told wrote the file: a version whose layout it is, which every later Keras and tf.keras reads. */
export const KERAS_VERSION = '2.15.0';

/** Keras 3 version whose layout `.keras` has. */
export const KERAS3_VERSION = '3.6.0';

/**
 * The model's architecture as tf.keras 2 writes it, which Keras 3 reads too.
 *
 * @throws ZooError 'unsupported' for a layer that Keras has no equal of.
 */
export function kerasConfig(model: tfl.LayersModel): Json {
  const topology = modelTopology(model);
  const version = kerasVersion(topology);
  toKeras(topology);
  return { ...topology, keras_version: version, backend: 'tensorflow' };
}

/** The version of Keras that a model is written for: 3 gave the hard sigmoid another slope, under the same name. */
function kerasVersion(topology: Json): string {
  return layerWithActivation(topology, 'zoo_hard_sigmoid') === undefined ? KERAS_VERSION : KERAS3_VERSION;
}

/** The name of a layer that has this activation as TensorFlow.js calls it, within other layers too; undefined if none has. */
export function layerWithActivation(topology: Json, activation: string): string | undefined {
  for (const { config } of layerConfigs(topology) as { config: Json }[]) {
    const isModel = Array.isArray(config) || 'layers' in config;
    const found = isModel
      ? layerWithActivation({ config }, activation)
      : JSON.stringify(config).includes(`activation":"${activation}"`);
    if (found !== undefined && found !== false)
      return typeof found === 'string' ? found : String(config['name']);
  }
  return undefined;
}

function toKeras(json: Json): void {
  const layers = layerConfigs(json);
  let inputShape: unknown;
  for (const layer of layers) {
    const config = layer['config'] as Json;
    const className = layer['class_name'];
    if (MODELS.includes(className as string)) toKeras(layer);
    if (className === 'Model') layer['class_name'] = 'Functional';
    else toKerasLayer(layer);
    if (className === 'InputLayer') continue;
    inputShape ??= nestedInputShape(layer) ?? config['batch_input_shape'];
    delete config['batch_input_shape'];
  }
  if (json['class_name'] !== 'Sequential') {
    json['class_name'] = 'Functional';
    countNestedCallsFromZero(layers, json['config'] as Json);
    return;
  }
  const config = json['config'];
  const fields = Array.isArray(config) ? { name: 'sequential', layers: config } : (config as Json);
  json['config'] = fields;
  // Keras 3 misreads an input shape on a layer; every version reads a separate input layer.
  if (layers[0]?.['class_name'] === 'InputLayer' || inputShape === undefined) return;
  const name = `${String((layers[0]!['config'] as Json)['name'])}_input`;
  const input = { batch_input_shape: inputShape, dtype: 'float32', sparse: false, ragged: false, name };
  fields['layers'] = [{ class_name: 'InputLayer', config: input }, ...layers];
}

/** Options that TensorFlow.js' layers write and Keras 3 refuses, where they say nothing. */
const EMPTY_OPTIONS = ['noise_shape', 'implementation'];

/** Options of every layer. */
const OPTIONS_OF_ALL = ['name', 'trainable', 'dtype'];

/** Layers and activations of ours under Keras' names, those within wrappers included. */
function toKerasLayer(layer: Json): void {
  const config = layer['config'] as Json;
  expectKnownToKeras(String(layer['class_name']), String(config['name']));
  layer['class_name'] = kerasClassName(String(layer['class_name']));
  for (const key of EMPTY_OPTIONS) if (config[key] === null) Reflect.deleteProperty(config, key);
  // A layer without weights: Keras 3 rejects `trainable` on it.
  if (layer['class_name'] === 'SpatialDropout1D') delete config['trainable'];
  for (const [key, value] of Object.entries(config)) {
    if (/(^|_)activation$/.test(key) && value === 'zoo_hard_sigmoid') config[key] = 'hard_sigmoid';
    for (const inner of [value].flat()) if (isJsonObject(inner) && 'class_name' in inner) toKerasLayer(inner);
    if (INNER_LAYERS.includes(key)) config[key] = withModules(value);
  }
  if (layer['class_name'] === 'RNN') dropOptionsOfCell(config);
}

function expectKnownToKeras(className: string, name: string): void {
  if (!isUnknownToKeras(className)) return;
  throw new ZooError(
    'unsupported',
    `Expected layers that Keras has but '${escapedName(name)}' is a ${escapedName(className)}, which it has no equal of. ` +
      "Save the weights as safetensors, or the model in TensorFlow.js' own format.",
  );
}

/** TensorFlow.js writes a cell's options beside those of the layer that runs it. */
function dropOptionsOfCell(config: Json): void {
  const cell = isJsonObject(config['cell']) ? config['cell']['config'] : undefined;
  if (!isJsonObject(cell)) return;
  for (const key of Object.keys(cell)) if (!OPTIONS_OF_ALL.includes(key)) Reflect.deleteProperty(config, key);
}

/** Layers within a layer: Keras 3 finds their classes by the module, in legacy files too. */
function withModules(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withModules);
  return isJsonObject(value) ? { module: 'keras.layers', registered_name: null, ...value } : value;
}

/** The input's shape of a model that is a layer, whose own input layer comes first. */
function nestedInputShape(layer: Json): unknown {
  if (!MODELS.includes(layer['class_name'] as string)) return undefined;
  return (layerConfigs(layer)[0]?.['config'] as Json | undefined)?.['batch_input_shape'];
}

/** In TensorFlow.js and Keras 2 a nested model's own making is its call 0; in Keras 3 its first call is. */
function countNestedCallsFromZero(layers: readonly Json[], config: Json): void {
  const nested = layers
    .filter((layer) => MODELS.includes(layer['class_name'] as string))
    .map((layer) => layer['name']);
  const tensors = layers.flatMap((layer) => (layer['inbound_nodes'] as TensorReference[][]).flat());
  const ends = [
    ...(config['input_layers'] as TensorReference[]),
    ...(config['output_layers'] as TensorReference[]),
  ];
  for (const tensor of [...tensors, ...ends]) if (nested.includes(tensor[0])) tensor[1]--;
}
