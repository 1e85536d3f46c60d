import * as tf from '@tensorflow/tfjs';

import { FUSED_KERNELS } from './fused-kernels';
import { hasFusedKernel, runFusedKernel } from './run-fused-kernel';

/** Options of {@link batchNormTraining}. */
export interface BatchNormTrainingOptions {
  /** Added to the variance before its root. Default 1e-3, Keras' and TensorFlow's. */
  epsilon?: number;
  /**
   * Called once with the batch's mean and biased variance (divided by n), each [C]; both are disposed when it returns.
   * What it computes is not recorded for gradients.
   */
  onStatistics?: (mean: tf.Tensor1D, variance: tf.Tensor1D) => void;
}

/**
 * Batch normalisation by the batch's own statistics: `(x - mean) / sqrt(variance + epsilon) * scale + offset`, with its gradient.
 *
 * One fused kernel forward and one backward where the current backend has them (`FUSED_KERNELS`), stock operations
 * elsewhere. Source: Ioffe and Szegedy 2015, algorithm 1; gradient as in its section 3.
 *
 * @param x Values, channels last. [..., C]
 * @param scale Gamma. [C]
 * @param offset Beta. [C]
 * @returns The normalised values, the caller's. [..., C]
 */
export function batchNormTraining(
  x: tf.Tensor,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  options: BatchNormTrainingOptions = {},
): tf.Tensor {
  const { epsilon = 1e-3, onStatistics } = options;
  const fused = hasFusedKernel(FUSED_KERNELS.batchNorm) && hasFusedKernel(FUSED_KERNELS.batchNormGrad);
  const forward = fused ? fusedForward : compositeForward;
  const backward = fused ? fusedBackward : compositeBackward;
  const normalize = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [values, gamma, beta, save] = args as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    const { normalized, mean, variance, reserve } = forward(values, gamma, beta, epsilon);
    save([values, gamma, mean, reserve]);
    onStatistics?.(mean, variance);
    return {
      value: normalized,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => backward(dy, saved as SavedTensors, epsilon),
    };
  });
  return normalize(x, scale, offset);
}

interface Forward {
  normalized: tf.Tensor;
  mean: tf.Tensor1D;
  variance: tf.Tensor1D;
  /** 1 / sqrt(variance + epsilon). */
  reserve: tf.Tensor1D;
}

type SavedTensors = [x: tf.Tensor, scale: tf.Tensor1D, mean: tf.Tensor1D, reserve: tf.Tensor1D];

function fusedForward(x: tf.Tensor, scale: tf.Tensor1D, offset: tf.Tensor1D, epsilon: number): Forward {
  const outputs = runFusedKernel(FUSED_KERNELS.batchNorm, { x, scale, offset }, { epsilon });
  const [normalized, mean, variance, reserve] = outputs as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  return { normalized, mean, variance, reserve };
}

function fusedBackward(dy: tf.Tensor, saved: SavedTensors, epsilon: number): tf.Tensor[] {
  const [x, scale, batchMean, reserve] = saved;
  return runFusedKernel(FUSED_KERNELS.batchNormGrad, { dy, x, scale, batchMean, reserve }, { epsilon });
}

function compositeForward(x: tf.Tensor, scale: tf.Tensor1D, offset: tf.Tensor1D, epsilon: number): Forward {
  const rows = asRows(x);
  const mean = tf.mean<tf.Tensor1D>(rows, 0);
  const variance = tf.mean<tf.Tensor1D>(tf.square(tf.sub(rows, mean)), 0);
  const normalized = tf.batchNorm2d(rows, mean, variance, offset, scale, epsilon).reshape(x.shape);
  return { normalized, mean, variance, reserve: tf.rsqrt(tf.add<tf.Tensor1D>(variance, epsilon)) };
}

function compositeBackward(dy: tf.Tensor, [x, scale, mean, reserve]: SavedTensors): tf.Tensor[] {
  const dyRows = asRows(dy);
  const count = dyRows.shape[0];
  const standardized = tf.mul(tf.sub(asRows(x), mean), reserve);
  const dOffset = tf.sum(dyRows, 0);
  const dScale = tf.sum(tf.mul(dyRows, standardized), 0);
  const centred = tf.sub(tf.sub(dyRows, tf.div(dOffset, count)), tf.mul(standardized, tf.div(dScale, count)));
  return [tf.mul(centred, tf.mul(scale, reserve)).reshape(x.shape), dScale, dOffset];
}

function asRows(x: tf.Tensor): tf.Tensor2D {
  return x.reshape([-1, x.shape[x.rank - 1]!]);
}
