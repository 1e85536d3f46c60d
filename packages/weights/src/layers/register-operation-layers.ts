import * as tf from '@tensorflow/tfjs';
import { memoize } from '@zoo/core';

import { normalizationLayer } from './normalization-layer';
import { operationLayer } from './operation-layer';

/** Makes TensorFlow.js read models with operations and normalizations of Keras; further calls do nothing. */
export const registerOperationLayers = /* @__PURE__ */ memoize((): true => {
  for (const layerClass of [operationLayer(), normalizationLayer()]) {
    tf.serialization.registerClass(
      layerClass as unknown as tf.serialization.SerializableConstructor<tf.layers.Layer>,
    );
  }
  return true;
});
