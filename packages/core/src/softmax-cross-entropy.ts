import * as tf from '@tensorflow/tfjs-core';

import { FUSED_KERNELS, hasFusedKernel, runFusedKernel } from './fused-kernels';

/**
 * The cross-entropy of each example, from logits, with its gradient with respect to them (`softmax - labels`).
 *
 * One fused kernel where the current backend has it, stock operations elsewhere; stable for logits of any size.
 *
 * @param logits Unnormalised log probabilities. [N, K]
 * @param labels Class probabilities of any type, each row adding up to one; no gradient flows into them. [N, K]
 * @returns One loss an example, the caller's. [N]
 */
export function softmaxCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => crossEntropyOf(logits, labels));
}

function crossEntropyOf(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Tensor1D {
  const forward = hasFusedKernel(FUSED_KERNELS.softmaxCrossEntropy) ? fusedForward : compositeForward;
  // `tf.oneHot` makes whole numbers, whose bits a fused kernel would read as others.
  const probabilities = tf.cast(labels, 'float32');
  const crossEntropy = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [values, save] = args as [tf.Tensor2D, tf.GradSaveFunc];
    const [loss, gradient] = forward(values, probabilities);
    save([gradient]);
    return {
      value: loss,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(tf.reshape(dy, [-1, 1]), saved[0]!),
    };
  });
  return crossEntropy(logits) as tf.Tensor1D;
}

type LossAndGradient = [loss: tf.Tensor, gradient: tf.Tensor];

function fusedForward(logits: tf.Tensor2D, labels: tf.Tensor2D): LossAndGradient {
  return runFusedKernel(FUSED_KERNELS.softmaxCrossEntropy, { logits, labels }, {});
}

function compositeForward(logits: tf.Tensor2D, labels: tf.Tensor2D): LossAndGradient {
  const logProbabilities = tf.logSoftmax(logits);
  const loss = tf.neg(tf.sum(tf.mul(labels, logProbabilities), 1));
  return [loss, tf.sub(tf.exp(logProbabilities), labels)];
}
