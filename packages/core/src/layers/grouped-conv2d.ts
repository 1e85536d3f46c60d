import * as tf from '@tensorflow/tfjs-core';

import { GROUPED_KERNELS, hasFusedKernel, runFusedKernel } from '../fused-kernels';

/** Options of {@link groupedConv2d}. */
export interface GroupedConv2dOptions {
  /** Groups that the channels are cut into; each convolves its own. */
  groups: number;
  strides: [number, number];
  padding: 'same' | 'valid';
  /** Pixels from one tap of the kernel to the next. Default [1, 1]; more only where {@link hasGroupedConvolution} says so. */
  dilations?: [number, number];
}

/** True if the current backend has kernels for grouped convolutions, which also dilate. */
export function hasGroupedConvolution(): boolean {
  return (
    hasFusedKernel(GROUPED_KERNELS.groupedConvolution) &&
    hasFusedKernel(GROUPED_KERNELS.groupedConvolutionInputGrad) &&
    hasFusedKernel(GROUPED_KERNELS.groupedConvolutionFilterGrad)
  );
}

/**
 * A grouped convolution (Xie et al. 2017) with its gradients, on every engine: one fused kernel if the current backend has it, otherwise a
 * stock depthwise convolution that computes every product and a sum within groups.
 *
 * @param x [N, H, W, C]
 * @param kernel Keras' and, except for the order of axes, PyTorch's. [height, width, C / groups, D]
 * @returns [N, H', W', D]
 */
export function groupedConv2d(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  options: GroupedConv2dOptions,
): tf.Tensor4D {
  // Groups of one channel are a depthwise convolution, and every engine has that kernel.
  return kernel.shape[2] > 1 && hasGroupedConvolution()
    ? fusedGroupedConv2d(x, kernel, options)
    : ofProducts(x, kernel, options);
}

function fusedGroupedConv2d(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  { groups, strides, padding, dilations = [1, 1] }: GroupedConv2dOptions,
): tf.Tensor4D {
  const attributes = { groups, strides, pad: padding, dilations };
  const convolve = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [image, filter, save] = args as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([image, filter]);
    return {
      value: runFusedKernel(GROUPED_KERNELS.groupedConvolution, { x: image, filter }, attributes),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradients(dy, saved, attributes),
    };
  });
  return convolve(x, kernel) as tf.Tensor4D;
}

type Attributes = Parameters<typeof runFusedKernel<typeof GROUPED_KERNELS.groupedConvolution>>[2];

function gradients(dy: tf.Tensor, saved: tf.Tensor[], attributes: Attributes): tf.Tensor[] {
  const [x, filter] = saved as [tf.Tensor, tf.Tensor];
  return [
    runFusedKernel(
      GROUPED_KERNELS.groupedConvolutionInputGrad,
      { dy, filter },
      { ...attributes, inputShape: x.shape },
    ),
    runFusedKernel(
      GROUPED_KERNELS.groupedConvolutionFilterGrad,
      { x, dy },
      { ...attributes, filterShape: filter.shape },
    ),
  ];
}

function ofProducts(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  { groups, strides, padding, dilations = [1, 1] }: GroupedConv2dOptions,
): tf.Tensor4D {
  const outputs = kernel.shape[3] / groups;
  const spread = depthwiseKernel(kernel, groups);
  const products = tf.depthwiseConv2d(x, spread, strides, padding, 'NHWC', dilations);
  return kernel.shape[2] === 1 ? products : sumWithinGroups(products, groups, kernel.shape[2], outputs);
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
