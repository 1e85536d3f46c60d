import type * as tfl from '@tensorflow/tfjs-layers';
import { ZooError } from '@zoo/core';

import { isJsonObject } from '../architecture/json-object';
import { layerConfigs, modelTopology } from '../architecture/model-topology';

import { kerasConfig, layerWithActivation } from './keras-config';

type Json = Record<string, unknown>;

/**
 * The model's architecture as the config.json of a `.keras` holds it: every object says which module its class is of.
 *
 * @throws ZooError 'unsupported' for the hard sigmoid of Keras 2 and TensorFlow.js, which Keras 3 computes with another slope.
 */
export function keras3Config(model: tfl.LayersModel): Json {
  const layer = layerWithActivation(modelTopology(model), 'hard_sigmoid');
  if (layer !== undefined) {
    throw new ZooError(
      'unsupported',
      `Expected layers that Keras 3 computes alike but '${layer}' has the activation hard_sigmoid of Keras 2, whose slope is another. ` +
        'Save the model as .h5 for Keras 2.',
    );
  }
  const { class_name, config } = kerasConfig(model);
  const json: Json = { class_name, config };
  toKeras3(json);
  return json;
}

function toKeras3(json: Json): void {
  const className = json['class_name'];
  const isModel = className === 'Functional' || className === 'Sequential';
  // `keras.Model` is what both Keras 2 and 3 export, and makes functional models of their configurations.
  if (className === 'Functional') json['class_name'] = 'Model';
  json['module'] = isModel ? 'keras' : 'keras.layers';
  json['registered_name'] = null;
  if (isModel) {
    for (const layer of layerConfigs(json)) toKeras3(layer);
    return;
  }
  const config = json['config'] as Json;
  for (const [key, value] of Object.entries(config)) {
    const module = moduleOf(key);
    if (module !== undefined && isJsonObject(value))
      config[key] = { module, registered_name: null, ...value };
  }
}

function moduleOf(key: string): string | undefined {
  const kind = ['initializer', 'regularizer', 'constraint'].find((each) => key.endsWith(each));
  return kind === undefined ? undefined : `keras.${kind}s`;
}
