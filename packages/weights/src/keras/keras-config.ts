import type * as tf from '@tensorflow/tfjs';

import { layerConfigs, modelTopology } from '../architecture/model-topology';

type Json = Record<string, unknown>;
type TensorReference = [layer: string, node: number, ...rest: unknown[]];

const MODELS = ['Model', 'Functional', 'Sequential'];

/** What Keras is told wrote the file: a version whose layout it is, which every later Keras and tf.keras reads. */
export const KERAS_VERSION = '2.15.0';

/** The model's architecture as tf.keras 2 writes it, which Keras 3 reads too. */
export function kerasConfig(model: tf.LayersModel): Json {
  const topology = modelTopology(model);
  toKeras(topology);
  return { ...topology, keras_version: KERAS_VERSION, backend: 'tensorflow' };
}

function toKeras(json: Json): void {
  const layers = layerConfigs(json);
  let inputShape: unknown;
  for (const layer of layers) {
    const config = layer['config'] as Json;
    const className = layer['class_name'];
    if (MODELS.includes(className as string)) toKeras(layer);
    if (className === 'Model') layer['class_name'] = 'Functional';
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
  // Keras 3 misreads the input's shape on a layer: an input layer of its own says the same to every version.
  if (layers[0]?.['class_name'] === 'InputLayer' || inputShape === undefined) return;
  const name = `${String((layers[0]!['config'] as Json)['name'])}_input`;
  const input = { batch_input_shape: inputShape, dtype: 'float32', sparse: false, ragged: false, name };
  fields['layers'] = [{ class_name: 'InputLayer', config: input }, ...layers];
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
