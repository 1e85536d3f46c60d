import * as tf from '@tensorflow/tfjs-core';
import { readOptions, type OptionsOf } from '@zoo/core/options';

import { elementwiseOptimizer } from './elementwise';
import type { Optimizer } from './optimizer';
import { LAMB_OPTIONS } from './rule-options';

/** Options of {@link lamb}. */
export interface LambOptions extends OptionsOf<typeof LAMB_OPTIONS> {}

/**
 * LAMB, Adam with each weight's step in proportion to the weight's norm: You et al., "Large Batch Optimization for Deep Learning",
 * algorithm 2; as Keras, whose weight decay is decoupled: `weight -= learningRate * weightDecay * weight`, before the rest.
 */
export function lamb(options: LambOptions = {}): Optimizer {
  const settled = readOptions(LAMB_OPTIONS, options);
  const { beta1, beta2, epsilon } = settled;
  return elementwiseOptimizer({
    ...settled,
    name: 'lamb',
    settings: { beta1, beta2, epsilon },
    slotNames: ['firstMoment', 'secondMoment'],
    update: ({ weight, gradient, slots, weightDecay }, { learningRate: rate, step }) => {
      const [first, second] = slots as [tf.Tensor, tf.Tensor];
      const mean = tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1));
      const moment = tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
      const root = tf.add(tf.sqrt(tf.div(moment, 1 - beta2 ** step)), epsilon);
      const direction = tf.div(tf.div(mean, 1 - beta1 ** step), root);
      const kept = weightDecay === 0 ? weight : tf.mul(weight, 1 - rate * weightDecay);
      const trusted = tf.mul(direction, trustRatio(kept, direction));
      return { weight: tf.sub(kept, tf.mul(trusted, rate)), slots: [mean, moment] };
    },
  });
}

/** `|weight| / |step|`, or 1 where either is 0. [] */
export function trustRatio(weight: tf.Tensor, step: tf.Tensor): tf.Tensor {
  const [weightNorm, stepNorm] = [tf.norm(weight), tf.norm(step)];
  const isSafe = tf.logicalAnd(tf.greater(weightNorm, 0), tf.greater(stepNorm, 0));
  return tf.where(isSafe, tf.div(weightNorm, tf.maximum(stepNorm, 1e-37)), tf.onesLike(weightNorm));
}
