import * as tf from '@tensorflow/tfjs-core';
import { ArgumentError, readOptions, type OptionsOf } from '@zoo/core/options';

import { elementwiseOptimizer } from './elementwise';
import type { Optimizer } from './optimizer';
import { LARS_OPTIONS } from './rule-options';

/** Options of {@link lars}. */
export interface LarsOptions extends OptionsOf<typeof LARS_OPTIONS> {}

/**
 * LARS, SGD whose steps are in proportion to each weight's norm: You et al., "Large Batch Training of Convolutional Networks", algorithm
 * 1; as timm, which like the paper leaves biases and norms to plain SGD: only weights that decay are adapted. Weight decay is added to the
 * gradient (L2).
 */
export function lars(options: LarsOptions = {}): Optimizer {
  const settled = readOptions(LARS_OPTIONS, options);
  const { momentum, nesterov, trustCoefficient, epsilon, trustClip } = settled;
  if (nesterov && momentum === 0) {
    throw new ArgumentError('options.momentum', 'a momentum above 0 with nesterov', momentum);
  }
  return elementwiseOptimizer({
    ...settled,
    name: 'lars',
    settings: { momentum, nesterov, trustCoefficient, epsilon, trustClip },
    slotNames: momentum === 0 ? [] : ['velocity'],
    update: ({ weight, gradient, slots, weightDecay }, { learningRate: rate }) => {
      const ratio = (): tf.Tensor => {
        const full = trustRatio(weight, gradient, { weightDecay, trustCoefficient, epsilon });
        return trustClip ? tf.minimum(tf.div(full, Math.max(rate, 1e-37)), 1) : full;
      };
      const adapted =
        weightDecay === 0 ? gradient : tf.mul(tf.add(gradient, tf.mul(weight, weightDecay)), ratio());
      const [velocity] = slots;
      if (velocity === undefined) return { weight: tf.sub(weight, tf.mul(adapted, rate)), slots: [] };
      const moved = tf.add(tf.mul(velocity, momentum), adapted);
      const direction = nesterov ? tf.add(adapted, tf.mul(moved, momentum)) : moved;
      return { weight: tf.sub(weight, tf.mul(direction, rate)), slots: [moved] };
    },
  });
}

/** `trustCoefficient * |weight| / (|gradient| + weightDecay * |weight|)`, or 1 where either norm is 0. [] */
function trustRatio(
  weight: tf.Tensor,
  gradient: tf.Tensor,
  {
    weightDecay,
    trustCoefficient,
    epsilon,
  }: { weightDecay: number; trustCoefficient: number; epsilon: number },
): tf.Tensor {
  const [weightNorm, gradientNorm] = [tf.norm(weight), tf.norm(gradient)];
  const whole = tf.add(tf.add(gradientNorm, tf.mul(weightNorm, weightDecay)), epsilon);
  const isSafe = tf.logicalAnd(tf.greater(weightNorm, 0), tf.greater(gradientNorm, 0));
  return tf.where(isSafe, tf.div(tf.mul(weightNorm, trustCoefficient), whole), tf.onesLike(weightNorm));
}
