import { blurPoolingClass } from './blur-pooling';
import { evoNormClass } from './evo-norm';
import { filterResponseNormClass } from './filter-response-norm';
import type { ZooLayerClass } from './layer-class';
import { standardizedConvolutionClass } from './standardized-convolution';

/** Layers of ours that neither TensorFlow.js nor Keras has: for who reads saved models, and for who says what can't be saved. */
export const ZOO_LAYERS: readonly (() => ZooLayerClass)[] = [
  blurPoolingClass,
  evoNormClass,
  filterResponseNormClass,
  standardizedConvolutionClass,
];
