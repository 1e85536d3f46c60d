import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {
  completeTensorMethods,
  correctStockBatchNormalization,
  groupNormalizationClass,
  memoize,
  ZOO_LAYERS,
} from '@zoo/core';

import { zooELU, zooPReLU, zooReLU, zooSoftmax } from './activation-layers';
import { zooConcatenate } from './concatenate-layer';
import { CONVOLUTION_LAYERS } from './convolution-layers';
import { zooGRU, zooGRUCell } from './gru-layers';
import { registerKerasActivations } from './keras-activations';
import type { KerasClassName } from './keras-class-names';
import { normalizationLayer } from './normalization-layer';
import { operationLayer } from './operation-layer';
import { POOLING_LAYERS } from './pooling-layers';
import { zooCenterCrop, zooResizing, zooUpSampling2D } from './resizing-layers';
import type { LayerClass, LayerConfig } from './stock-class';

/** Layers of ours, by the class of Keras that each computes; each is called `Zoo` and that name, and made at its first use. */
const KERAS_LAYERS: Readonly<Record<KerasClassName, () => LayerClass>> = {
  ReLU: zooReLU,
  ELU: zooELU,
  PReLU: zooPReLU,
  Softmax: zooSoftmax,
  UpSampling2D: zooUpSampling2D,
  Resizing: zooResizing,
  CenterCrop: zooCenterCrop,
  Concatenate: zooConcatenate,
  GRUCell: zooGRUCell,
  GRU: zooGRU,
  ...CONVOLUTION_LAYERS,
  ...POOLING_LAYERS,
  GroupNormalization: groupNormalizationClass,
};

const isFirst = ({ dataFormat }: LayerConfig): boolean => dataFormat === 'channelsFirst';
const isDilated = ({ dilationRate }: LayerConfig): boolean =>
  [dilationRate ?? 1].flat().some((rate) => rate !== 1);
const hasGroups = ({ groups }: LayerConfig): boolean => (groups ?? 1) !== 1;
const isTransposedOtherwise = (config: LayerConfig): boolean =>
  isDilated(config) || (config['outputPadding'] ?? null) !== null;
const keepsAxes = ({ keepdims }: LayerConfig): boolean => keepdims === true;

/** When TensorFlow.js' own class of that name would compute something else than Keras, or nothing at all. */
const IS_STOCK_WRONG: Readonly<Record<string, (config: LayerConfig) => boolean>> = {
  ReLU: ({ negativeSlope, threshold }) => Number(negativeSlope ?? 0) !== 0 || Number(threshold ?? 0) !== 0,
  ELU: ({ alpha }) => (alpha ?? 1) !== 1,
  PReLU: ({ sharedAxes }) => Array.isArray(sharedAxes) && sharedAxes.length > 0,
  Softmax: ({ axis }) => axis !== -1,
  UpSampling2D: ({ interpolation }) => (interpolation ?? 'nearest') !== 'nearest',
  Resizing: () => true,
  CenterCrop: () => true,
  Conv1D: (config) => isFirst(config) || hasGroups(config) || config['padding'] === 'causal',
  Conv2D: hasGroups,
  Conv3D: hasGroups,
  DepthwiseConv2D: isDilated,
  SeparableConv2D: isFirst,
  Conv2DTranspose: isTransposedOtherwise,
  Conv3DTranspose: () => true,
  GlobalAveragePooling1D: (config) => isFirst(config) || keepsAxes(config),
  GlobalAveragePooling2D: keepsAxes,
  GlobalMaxPooling1D: (config) => isFirst(config) || keepsAxes(config),
  GlobalMaxPooling2D: keepsAxes,
  // It takes any negative axis for the last one.
  Concatenate: ({ axis }) => typeof axis === 'number' && axis < -1,
  // TensorFlow.js has none; ours is of pictures, channels last.
  GroupNormalization: () => true,
  GRU: ({ resetAfter }) => resetAfter === true,
  GRUCell: ({ resetAfter }) => resetAfter === true,
  AveragePooling1D: isFirst,
  MaxPooling1D: isFirst,
  MaxPooling3D: () => true,
};

/** The class that computes what Keras' class `className` does with these options: TensorFlow.js' own where it does, else ours. */
export function classFor(className: string, config: LayerConfig): string {
  const isWrong = Object.hasOwn(IS_STOCK_WRONG, className) && IS_STOCK_WRONG[className]!(config);
  return isWrong ? `Zoo${className}` : className;
}

/** True for a class of ours that Keras has no equal of. */
export function isUnknownToKeras(className: string): boolean {
  return ZOO_LAYERS.some((layerClass) => layerClass().className === className);
}

/**
 * Lets `tf.loadLayersModel` read models with Keras layers and activations that TensorFlow.js lacks or computes differently: it registers
 * zoo's layers and corrects the stock batch norm along any axis.
 *
 * Such layers are written as `ZooUpSampling2D` and the like, so that TensorFlow.js refuses them by name instead of computing something
 * else. The loaders of this package call it; further calls do nothing.
 */
export function registerKerasLayers(): void {
  registerOnce();
}

const registerOnce = /* @__PURE__ */ memoize((): true => {
  completeTensorMethods();
  correctStockBatchNormalization();
  registerKerasActivations();
  const makers = [operationLayer, normalizationLayer, ...ZOO_LAYERS, ...Object.values(KERAS_LAYERS)];
  for (const layerClass of makers) {
    tf.serialization.registerClass(
      layerClass() as unknown as tf.serialization.SerializableConstructor<tfl.layers.Layer>,
    );
  }
  return true;
});
