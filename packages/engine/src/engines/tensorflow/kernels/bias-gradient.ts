import * as tf from '@tensorflow/tfjs-core';

import { attributeList } from '../operation';

import type { TensorFlowKernel } from './tensorflow-kernel';

/**
 * Sum, which TensorFlow.js computes a bias' gradient with: over all axes but the last it is TensorFlow's BiasAddGrad, made for it
 * and a third faster; any other is left to the stock kernel.
 */
export const sumKernel: TensorFlowKernel = {
  kernelName: tf.Sum,
  run: (backend, inputs, attributes, stock) => {
    const { x } = inputs;
    const { axis, keepDims } = attributes as { axis: number | number[]; keepDims?: boolean };
    const rank = x!.shape.length;
    const axes = tf.util.parseAxisParam(axis, x!.shape);
    const isBias =
      x!.dtype === 'float32' &&
      rank >= 2 &&
      keepDims !== true &&
      axes.length === rank - 1 &&
      !axes.includes(rank - 1);
    if (!isBias) return stock(inputs, attributes);
    return backend.executeSingleOutput('BiasAddGrad', attributeList(backend, { data_format: 'NHWC' }), [x!]);
  },
};
