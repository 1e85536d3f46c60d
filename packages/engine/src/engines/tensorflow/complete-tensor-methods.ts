import * as tf from '@tensorflow/tfjs-core';
import { addTensorMethods } from '@zoo/core';

/** The methods that tfjs-node 4.22 calls on tensors besides core's: in PReLU, `exp`, `argMax`, `argMin`, summaries and animations. */
const METHODS = {
  add: tf.add,
  cast: tf.cast,
  equal: tf.equal,
  floorDiv: tf.floorDiv,
  max: tf.max,
  min: tf.min,
  mul: tf.mul,
  slice: tf.slice,
  squeeze: tf.squeeze,
  toFloat: (tensor: tf.Tensor) => tf.cast(tensor, 'float32'),
  toInt: (tensor: tf.Tensor) => tf.cast(tensor, 'int32'),
} as const;

/** Gives tensors what tfjs-node calls on them and only the union package `@tensorflow/tfjs`, which it would have loaded, defines. */
export function completeMethodsForTfjsNode(): void {
  addTensorMethods(METHODS);
}
