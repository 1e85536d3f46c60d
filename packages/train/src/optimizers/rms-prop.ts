import * as tf from '@tensorflow/tfjs-core';
import { readOptions, type OptionsOf } from '@zoo/core/options';

import { elementwiseOptimizer } from './elementwise';
import type { Optimizer } from './optimizer';
import { RMS_PROP_OPTIONS } from './rule-options';

/** Options of {@link rmsProp}. */
export interface RmsPropOptions extends OptionsOf<typeof RMS_PROP_OPTIONS> {}

/**
 * RMSprop: Tieleman and Hinton, lecture 6.5 of "Neural Networks for Machine Learning", as PyTorch computes it, or with
 * `epsilonInRoot: true` as Keras does. Weight decay is added to the gradient (L2).
 */
export function rmsProp(options: RmsPropOptions = {}): Optimizer {
  const settled = readOptions(RMS_PROP_OPTIONS, options);
  const { rho, momentum, epsilon, centered, epsilonInRoot } = settled;
  return elementwiseOptimizer({
    ...settled,
    name: 'rmsProp',
    settings: { rho, momentum, epsilon, centered, epsilonInRoot },
    slotNames: [
      'secondMoment',
      ...(momentum === 0 ? [] : ['velocity']),
      ...(centered ? ['firstMoment'] : []),
    ],
    update: ({ weight, gradient, slots, weightDecay }, { learningRate: rate }) => {
      const [second, ...others] = slots as [tf.Tensor, ...tf.Tensor[]];
      const decayed = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(weight, weightDecay));
      const moment = tf.add(tf.mul(second, rho), tf.mul(tf.square(decayed), 1 - rho));
      const mean = centered ? tf.add(tf.mul(others.at(-1)!, rho), tf.mul(decayed, 1 - rho)) : undefined;
      const variance = mean === undefined ? moment : tf.sub(moment, tf.square(mean));
      const root = epsilonInRoot ? tf.sqrt(tf.add(variance, epsilon)) : tf.add(tf.sqrt(variance), epsilon);
      const direction = tf.div(decayed, root);
      const means = mean === undefined ? [] : [mean];
      if (momentum === 0) {
        return { weight: tf.sub(weight, tf.mul(direction, rate)), slots: [moment, ...means] };
      }
      const added = epsilonInRoot ? tf.mul(direction, rate) : direction;
      const velocity = tf.add(tf.mul(others[0]!, momentum), added);
      const step = epsilonInRoot ? velocity : tf.mul(velocity, rate);
      return { weight: tf.sub(weight, step), slots: [moment, velocity, ...means] };
    },
  });
}
