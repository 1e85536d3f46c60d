import * as tf from '@tensorflow/tfjs-core';

import { memoize } from './memoize';

/** The methods that TensorFlow.js 4.22 calls on tensors: in the orthogonal initializer, the R² metric and the gradient of `prod`. */
const METHODS = {
  div: tf.div,
  flatten: (tensor: tf.Tensor) => tf.reshape(tensor, [tensor.size]),
  mean: tf.mean,
  reshape: tf.reshape,
  sign: tf.sign,
  square: tf.square,
  stridedSlice: tf.stridedSlice,
  sub: tf.sub,
  sum: tf.sum,
  transpose: tf.transpose,
} as const;

/**
 * Adds the methods to tensors that tfjs-core and tfjs-layers call but only the union package `@tensorflow/tfjs` defines. Without them no
 * recurrent layer can be built, because its recurrent weights start orthogonal. Existing methods stay.
 *
 * Engines and the loaders of Keras models call it; a program without them does so once. Further calls do nothing.
 */
export const completeTensorMethods = /* @__PURE__ */ memoize((): true => {
  addTensorMethods(METHODS);
  return true;
});

/** Adds methods to tensors, each an operation on the tensor and the method's arguments; existing methods stay. */
export function addTensorMethods(
  methods: Readonly<Record<string, (tensor: tf.Tensor, ...rest: never[]) => tf.Tensor>>,
): void {
  const prototype = tf.Tensor.prototype as unknown as Record<string, unknown>;
  for (const [name, operation] of Object.entries(methods)) {
    prototype[name] ??= function (this: tf.Tensor, ...rest: never[]): tf.Tensor {
      return operation(this, ...rest);
    };
  }
}
