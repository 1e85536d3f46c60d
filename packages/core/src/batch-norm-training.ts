import * as tf from '@tensorflow/tfjs-core';

import { FUSED_KERNELS, hasFusedKernel, runFusedKernel } from './fused-kernels';

/** Options of {@link batchNormTraining}. */
export interface BatchNormTrainingOptions {
  /** Added to the variance before its root. Default 1e-3, Keras' and TensorFlow's. */
  epsilon?: number;
  /** Averages to move with the statistics, in the same kernel where the current backend has one. */
  movingAverages?: MovingAverages;
}

/** Moving averages of the batches' statistics, which inference normalises by. */
export interface MovingAverages {
  /** [C] */
  readonly mean: tf.Variable;
  /** Of the variance with Bessel's correction, n / (n - 1). [C] */
  readonly variance: tf.Variable;
  /** Share of an average that a batch leaves. */
  readonly momentum: number;
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
  const { epsilon = 1e-3, movingAverages } = options;
  const fused = hasFusedKernel(FUSED_KERNELS.batchNorm) && hasFusedKernel(FUSED_KERNELS.batchNormGrad);
  const backward = fused ? fusedBackward : compositeBackward;
  const forward = (values: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D): Forward => {
    if (movingAverages === undefined)
      return (fused ? fusedForward : compositeForward)(values, gamma, beta, epsilon);
    return movingForward(values, gamma, beta, epsilon, movingAverages);
  };
  const normalize = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [values, gamma, beta, save] = args as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    const { normalized, mean, reserve } = forward(values, gamma, beta);
    save([values, gamma, mean, reserve]);
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
  /** 1 / sqrt(variance + epsilon). */
  reserve: tf.Tensor1D;
}

interface ForwardWithVariance extends Forward {
  variance: tf.Tensor1D;
}

type SavedTensors = [x: tf.Tensor, scale: tf.Tensor1D, mean: tf.Tensor1D, reserve: tf.Tensor1D];

function fusedForward(
  x: tf.Tensor,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon: number,
): ForwardWithVariance {
  const outputs = runFusedKernel(FUSED_KERNELS.batchNorm, { x, scale, offset }, { epsilon });
  const [normalized, mean, variance, reserve] = outputs as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  return { normalized, mean, variance, reserve };
}

/** Moves the averages too: in the same kernel where the current backend has one that does. */
function movingForward(
  x: tf.Tensor,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon: number,
  { mean: movingMean, variance: movingVariance, momentum }: MovingAverages,
): Forward {
  if (!hasFusedKernel(FUSED_KERNELS.batchNormMoving)) {
    const forward = hasFusedKernel(FUSED_KERNELS.batchNorm) ? fusedForward : compositeForward;
    const { variance, ...rest } = forward(x, scale, offset, epsilon);
    const count = x.size / scale.size;
    tf.tidy(() => {
      moveAverage(movingMean, rest.mean, momentum);
      moveAverage(movingVariance, tf.mul(variance, count / Math.max(1, count - 1)), momentum);
    });
    return rest;
  }
  for (const average of [movingMean, movingVariance]) {
    // Another tensor of the same data would see it change.
    if (tf.backend().refCount(average.dataId) > 1) average.assign(tf.mul(average, 1));
  }
  const inputs = { x, scale, offset, movingMean, movingVariance };
  const outputs = runFusedKernel(FUSED_KERNELS.batchNormMoving, inputs, { epsilon, momentum });
  const [normalized, mean, reserve] = outputs as [tf.Tensor, tf.Tensor1D, tf.Tensor1D];
  return { normalized, mean, reserve };
}

function moveAverage(average: tf.Variable, value: tf.Tensor, momentum: number): void {
  average.assign(tf.add(average, tf.mul(tf.sub(value, average), 1 - momentum)));
}

function fusedBackward(dy: tf.Tensor, saved: SavedTensors, epsilon: number): tf.Tensor[] {
  const [x, scale, batchMean, reserve] = saved;
  return runFusedKernel(FUSED_KERNELS.batchNormGrad, { dy, x, scale, batchMean, reserve }, { epsilon });
}

function compositeForward(
  x: tf.Tensor,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon: number,
): ForwardWithVariance {
  const rows = asRows(x);
  const mean = tf.mean<tf.Tensor1D>(rows, 0);
  const variance = tf.mean<tf.Tensor1D>(tf.square(tf.sub(rows, mean)), 0);
  const normalized = tf.reshape(tf.batchNorm2d(rows, mean, variance, offset, scale, epsilon), x.shape);
  return { normalized, mean, variance, reserve: tf.rsqrt(tf.add<tf.Tensor1D>(variance, epsilon)) };
}

function compositeBackward(dy: tf.Tensor, [x, scale, mean, reserve]: SavedTensors): tf.Tensor[] {
  const dyRows = asRows(dy);
  const count = dyRows.shape[0];
  const standardized = tf.mul(tf.sub(asRows(x), mean), reserve);
  const dOffset = tf.sum(dyRows, 0);
  const dScale = tf.sum(tf.mul(dyRows, standardized), 0);
  const centred = tf.sub(tf.sub(dyRows, tf.div(dOffset, count)), tf.mul(standardized, tf.div(dScale, count)));
  return [tf.reshape(tf.mul(centred, tf.mul(scale, reserve)), x.shape), dScale, dOffset];
}

function asRows(x: tf.Tensor): tf.Tensor2D {
  return tf.reshape(x, [-1, x.shape[x.rank - 1]!]);
}
