import type * as tf from '@tensorflow/tfjs';

import { isContainer } from '../model/model-layers';

type Json = Record<string, unknown>;

/**
 * A model's architecture as TensorFlow.js writes it into model.json, with what its own `toJSON` forgets: the depth multiplier
 * of separable convolutions, without which the saved model has other weights than it needs.
 */
export function modelTopology(model: tf.LayersModel): Json {
  const topology = model.toJSON(null, false) as Json;
  complete(topology, model);
  return topology;
}

function complete(json: Json, model: { readonly layers: tf.layers.Layer[] }): void {
  const configs = layerConfigs(json);
  for (const layer of model.layers) {
    const found = configs.find((item) => (item['config'] as Json)['name'] === layer.name);
    if (found === undefined) continue;
    const config = found['config'] as Json;
    const { depthMultiplier } = layer as unknown as { depthMultiplier?: number | null };
    if (depthMultiplier != null) config['depth_multiplier'] ??= depthMultiplier;
    if (isContainer(layer)) complete(found, layer);
  }
}

/** Configurations of a model's layers, wherever its kind keeps them. */
export function layerConfigs(json: Json): Json[] {
  const config = json['config'];
  return (Array.isArray(config) ? config : (config as Json)['layers']) as Json[];
}
