import * as tf from '@tensorflow/tfjs-core';

/**
 * The kernels that TensorFlow.js has no name for and that the zoo trains with.
 *
 * Core calls them by these names where the current backend has them (`tf.getKernel(name, tf.getBackend())`) and falls back
 * on stock operations where not; `@zoo/engine` registers them. Neither imports the other. All tensors are float32, channels last.
 */
export const FUSED_KERNELS = {
  /**
   * Batch normalisation by the batch's own statistics.
   * Inputs: x [..., C], scale [C], offset [C]. Attributes: epsilon.
   * Outputs: y [..., C], batchMean [C], batchVariance [C] (biased: divided by n), reserve [C] (what the gradient needs: 1 / sqrt(variance + epsilon)).
   */
  batchNorm: 'ZooBatchNorm',
  /**
   * The same, which also moves averages: `average += (1 - momentum) * (statistic - average)`, of the variance times n / (n - 1).
   * Inputs: as for batchNorm, and movingMean, movingVariance [C], which it updates in place. Attributes: epsilon, momentum.
   * Outputs: y [..., C], batchMean [C], reserve [C].
   */
  batchNormMoving: 'ZooBatchNormMoving',
  /**
   * Its gradient. Inputs: dy and x [..., C], scale, batchMean, reserve [C]. Attributes: epsilon.
   * Outputs: dx [..., C], dScale [C], dOffset [C].
   */
  batchNormGrad: 'ZooBatchNormGrad',
  /** Inputs: dy, y (the ReLU's output), one shape. Output: dx = dy where y > 0, else 0. */
  reluGrad: 'ZooReluGrad',
  /**
   * The end of a residual branch, for inference: it has no gradient. Inputs: x [N, H, W, C], filter [h, w, C, D], bias [D], addend [N, H', W', D].
   * Attributes: strides, pad and dilations as `tf.conv2d` takes them, activation ('linear' or 'relu').
   * Output: activation(convolution + bias + addend). May lie where the addend lay, whose values the caller gives up.
   */
  convolutionAdd: 'ZooConvolutionAdd',
  /**
   * Softmax cross-entropy with its gradient in one pass.
   * Inputs: logits, labels [N, K]. Outputs: loss [N], gradient of each example's loss with respect to its logits [N, K] (softmax - labels).
   */
  softmaxCrossEntropy: 'ZooSoftmaxCrossEntropy',
  /**
   * SGD with momentum, for all weights in one call, decoupled from nothing: gradient += weightDecay * weight first (as PyTorch and the papers do).
   * Inputs: an array of n weights, n gradients, n velocities, in this order.
   * Attributes: learningRate, momentum, nesterov, weightDecays (n numbers), gradientScale.
   * Updates weights and velocities in place and returns []; an engine that can't write in place returns the n new weights and n new velocities.
   */
  sgdUpdate: 'ZooSgdUpdate',
  /**
   * AdamW (decoupled weight decay), for all weights in one call.
   * Inputs: an array of n weights, n gradients, n first and n second moments.
   * Attributes: learningRate, beta1, beta2, epsilon, step (from 1), weightDecays (n numbers), gradientScale. Outputs as for sgdUpdate.
   */
  adamWUpdate: 'ZooAdamWUpdate',
} as const;

/** A name in {@link FUSED_KERNELS}'s values. */
export type FusedKernelName = (typeof FUSED_KERNELS)[keyof typeof FUSED_KERNELS];

/** True if the current backend has the fused kernel `name`. */
export function hasFusedKernel(name: FusedKernelName): boolean {
  // The declared type says never undefined; at run time an unregistered kernel is.
  return (tf.getKernel(name, tf.getBackend()) as tf.KernelConfig | undefined) !== undefined;
}

/** What a fused kernel takes beside tensors. */
export type FusedKernelAttribute = number | string | readonly number[] | readonly (readonly number[])[];

/** Runs a fused kernel of the current backend: its outputs, in the order that `FUSED_KERNELS` documents. */
export function runFusedKernel(
  name: FusedKernelName,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: Readonly<Record<string, FusedKernelAttribute>> = {},
): tf.Tensor[] {
  const outputs = tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(name, { ...inputs }, attributes);
  return Array.isArray(outputs) ? outputs : [outputs];
}
