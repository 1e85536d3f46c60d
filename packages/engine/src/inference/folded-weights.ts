import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';

import type { PlannedFolding } from './folding-plan';

/** A kernel and its bias, none if the layer has none. */
type Weights = [kernel: tf.Tensor, bias: tf.Tensor | undefined];

/** A norm in inference: `factor * x + offset`, each [C]. */
interface Affine {
  readonly factor: tf.Tensor;
  readonly offset: tf.Tensor;
}

/** The kernel and bias of `target` with the norms in them that are folded into it: one before it, one after it, or both. */
export function foldedWeights(target: tfl.layers.Layer, foldings: readonly PlannedFolding[]): tf.Tensor[] {
  return tf.tidy(() => {
    let weights: Weights = [weightOf(target, ['kernel', 'depthwiseKernel'])!, weightOf(target, ['bias'])];
    // The norm before the layer comes first: what the one after it scales is the sum of both.
    const before = foldings.find(({ isAfter }) => !isAfter);
    if (before !== undefined) weights = foldedBefore(affineOf(before.norm), weights);
    const after = foldings.find(({ isAfter }) => isAfter);
    if (after !== undefined) weights = foldedAfter(affineOf(after.norm), weights, target.getClassName());
    const [kernel, bias] = weights;
    return [kernel, bias!];
  });
}

/** norm(kernel * x + bias) */
function foldedAfter({ factor, offset }: Affine, [kernel, bias]: Weights, className: string): Weights {
  // A depthwise kernel [height, width, channels, multiplier] gives channels * multiplier outputs.
  const factors = className === 'DepthwiseConv2D' ? tf.reshape(factor, kernel.shape.slice(2)) : factor;
  const moved = bias === undefined ? offset : tf.add(tf.mul(bias, factor), offset);
  return [tf.mul(kernel, factors), moved];
}

/** kernel * norm(x) + bias; every tap of the kernel sees the offset, since nothing is padded. */
function foldedBefore({ factor, offset }: Affine, [kernel, bias]: Weights): Weights {
  const perInput = [kernel.shape[kernel.rank - 2]!, 1];
  const spread = tf.mul(kernel, tf.reshape(offset, perInput));
  const summed = tf.sum(tf.reshape(spread, [-1, kernel.shape[kernel.rank - 1]!]), 0);
  return [tf.mul(kernel, tf.reshape(factor, perInput)), bias === undefined ? summed : tf.add(bias, summed)];
}

function affineOf(norm: tfl.layers.Layer): Affine {
  const { epsilon } = norm.getConfig() as { epsilon: number };
  const [mean, variance] = [weightOf(norm, ['movingMean'])!, weightOf(norm, ['movingVariance'])!];
  const gamma = weightOf(norm, ['gamma']);
  const beta = weightOf(norm, ['beta']);
  const root = tf.rsqrt(tf.add(variance, epsilon));
  const factor = gamma === undefined ? root : tf.mul(root, gamma);
  const shift = tf.neg(tf.mul(mean, factor));
  return { factor, offset: beta === undefined ? shift : tf.add(shift, beta) };
}

/** The first weight that the layer keeps in one of these fields; layers hold them under their names, undeclared. */
function weightOf(layer: tfl.layers.Layer, fields: readonly string[]): tf.Tensor | undefined {
  for (const field of fields) {
    const weight = (layer as unknown as Record<string, tfl.LayerVariable | null | undefined>)[field];
    if (weight !== null && weight !== undefined) return weight.read();
  }
  return undefined;
}
