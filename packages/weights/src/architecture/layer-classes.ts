import * as tf from '@tensorflow/tfjs';

import type { JsonObject } from './json-object';

/** Classes by other names: those of Keras 1, and what Keras has and TensorFlow.js calls or does otherwise. */
const RENAMED: Readonly<Record<string, string>> = {
  Convolution1D: 'Conv1D',
  Convolution2D: 'Conv2D',
  Convolution3D: 'Conv3D',
  AtrousConvolution2D: 'Conv2D',
  Deconvolution2D: 'Conv2DTranspose',
  SeparableConvolution2D: 'SeparableConv2D',
  Convolution2DTranspose: 'Conv2DTranspose',
  MaxPool1D: 'MaxPooling1D',
  MaxPool2D: 'MaxPooling2D',
  AvgPool2D: 'AveragePooling2D',
  GlobalAvgPool2D: 'GlobalAveragePooling2D',
  BatchNormalizationV1: 'BatchNormalization',
  BatchNormalizationV2: 'BatchNormalization',
  SyncBatchNormalization: 'BatchNormalization',
  // Dropout with a noise shape that is one for both spatial axes is the same thing.
  SpatialDropout2D: 'Dropout',
};

const MERGE_MODES: Readonly<Record<string, string>> = {
  sum: 'Add',
  mul: 'Multiply',
  ave: 'Average',
  max: 'Maximum',
  concat: 'Concatenate',
};

/** What TensorFlow.js calls the class that Keras calls `kerasClass`. */
export function parseClassName(kerasClass: string, config: JsonObject): string {
  if (kerasClass === 'Merge') return MERGE_MODES[String(config['mode'])] ?? kerasClass;
  if (kerasClass === 'ReLU' && Number(config['negative_slope'] ?? 0) !== 0) return 'LeakyReLU';
  return Object.hasOwn(RENAMED, kerasClass) ? RENAMED[kerasClass]! : kerasClass;
}

/** A class that TensorFlow.js has registered: how to make a layer of it from its configuration. */
export type LayerConstructor = [
  cls: tf.serialization.SerializableConstructor<tf.layers.Layer>,
  fromConfig: (
    cls: tf.serialization.SerializableConstructor<tf.layers.Layer>,
    config: tf.serialization.ConfigDict,
  ) => tf.layers.Layer,
];

/** The registered layer class of that name; undefined if there is none. */
export function layerConstructor(className: string): LayerConstructor | undefined {
  const map = tf.serialization.SerializationMap.getMap().classNameMap as Record<string, unknown>;
  if (!Object.hasOwn(map, className)) return undefined;
  const entry = map[className] as LayerConstructor;
  const isLayer = entry[0].prototype instanceof tf.layers.Layer;
  return isLayer ? entry : undefined;
}

/** True for a class whose layers can be built. */
export function isSupportedClass(className: string): boolean {
  return layerConstructor(className) !== undefined;
}
