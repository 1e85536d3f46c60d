import { blurPoolingClass } from './blur-pooling';
import { evoNormClass } from './evo-norm';
import { filterResponseNormClass } from './filter-response-norm';
import type { ZooLayerClass } from './layer-class';
import { standardizedConvolutionClass } from './standardized-convolution';

/** zoo's layers that neither TensorFlow.js nor Keras has: for code that reads saved models or says what can't be saved. */
export const ZOO_LAYERS: readonly (() => ZooLayerClass)[] = [
  blurPoolingClass,
  evoNormClass,
  filterResponseNormClass,
  standardizedConvolutionClass,
];
