import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';

import { isContainer } from '../model/model-layers';

type Json = Record<string, unknown>;

/**
 * A model's architecture as TensorFlow.js writes it into model.json, with what its own `toJSON` forgets: the depth multiplier
 * of separable convolutions, without which the saved model has other weights than it needs, and the constraint of depthwise ones.
 */
export function modelTopology(model: tfl.LayersModel): Json {
  const topology = model.toJSON(null, false) as Json;
  complete(topology, model);
  return topology;
}

function complete(json: Json, model: { readonly layers: tfl.layers.Layer[] }): void {
  const configs = layerConfigs(json);
  for (const layer of model.layers) {
    const found = configs.find((item) => (item['config'] as Json)['name'] === layer.name);
    if (found === undefined) continue;
    const config = found['config'] as Json;
    const { depthMultiplier, depthwiseConstraint } = layer as unknown as Forgotten;
    if (depthMultiplier != null) config['depth_multiplier'] ??= depthMultiplier;
    // It has its own regularizer.
    if ('depthwise_constraint' in config) config['depthwise_constraint'] = objectJson(depthwiseConstraint);
    if (isContainer(layer)) complete(found, layer);
  }
}

interface Forgotten {
  readonly depthMultiplier?: number | null;
  readonly depthwiseConstraint?: tf.serialization.Serializable | null;
}

function objectJson(object: tf.serialization.Serializable | null | undefined): Json | null {
  if (object == null) return null;
  const config = Object.entries(object.getConfig()).map(([key, value]) => [snakeCase(key), value]);
  return { class_name: object.getClassName(), config: Object.fromEntries(config) };
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Configurations of a model's layers, wherever its kind keeps them. */
export function layerConfigs(json: Json): Json[] {
  const config = json['config'];
  return (Array.isArray(config) ? config : (config as Json)['layers']) as Json[];
}
