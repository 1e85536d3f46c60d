import * as tf from '@tensorflow/tfjs-core';

/** Options of {@link groupedConv2d}. */
export interface GroupedConv2dOptions {
  /** Groups that the channels are cut into; each convolves its own. */
  groups: number;
  strides: [number, number];
  padding: 'same' | 'valid';
}

/**
 * A grouped convolution (Xie et al. 2017) of stock operations: a depthwise convolution that computes every product, and a sum within
 * groups. It has a gradient on every engine.
 *
 * @param x [N, H, W, C]
 * @param kernel Keras' and, except for the order of axes, PyTorch's. [height, width, C / groups, D]
 * @returns [N, H', W', D]
 */
export function groupedConv2d(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  { groups, strides, padding }: GroupedConv2dOptions,
): tf.Tensor4D {
  const outputs = kernel.shape[3] / groups;
  const products = tf.depthwiseConv2d(x, depthwiseKernel(kernel, groups), strides, padding);
  return sumWithinGroups(products, groups, kernel.shape[2], outputs);
}

/** [height, width, inputs, groups * outputs] to [height, width, groups * inputs, outputs]. */
function depthwiseKernel(kernel: tf.Tensor4D, groups: number): tf.Tensor4D {
  const [height, width, inputs, filters] = kernel.shape;
  const outputs = filters / groups;
  const split = tf.reshape(kernel, [height * width, inputs, groups, outputs]);
  return tf.reshape(tf.transpose(split, [0, 2, 1, 3]), [height, width, groups * inputs, outputs]);
}

/** [N, H, W, groups * inputs * outputs] to [N, H, W, groups * outputs]; an average, because engines have a quick one. */
function sumWithinGroups(
  products: tf.Tensor4D,
  groups: number,
  inputs: number,
  outputs: number,
): tf.Tensor4D {
  const [batch, height, width] = products.shape;
  const split: tf.Tensor4D = tf.reshape(products, [batch, height * width * groups, inputs, outputs]);
  const means = tf.avgPool(split, [1, inputs], [1, inputs], 'valid');
  return tf.reshape(tf.mul(means, inputs), [batch, height, width, groups * outputs]);
}
