import { layerConstructor } from '../layers/stock-class';

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
  return Object.hasOwn(RENAMED, kerasClass) ? RENAMED[kerasClass]! : kerasClass;
}

/** True for a class whose layers can be built, as TensorFlow.js' own or as ours. */
export function isSupportedClass(className: string): boolean {
  return [className, `Zoo${className}`].some((name) => layerConstructor(name) !== undefined);
}
