import * as tf from '@tensorflow/tfjs-core';
import { readOptions, type OptionsOf } from '@zoo/core/options';

import { elementwiseOptimizer } from './elementwise';
import type { Optimizer } from './optimizer';
import { ADAGRAD_OPTIONS } from './rule-options';

/** Options of {@link adagrad}. */
export interface AdagradOptions extends OptionsOf<typeof ADAGRAD_OPTIONS> {}

/**
 * Adagrad: Duchi et al., "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", as PyTorch computes it, or
 * with `epsilonInRoot: true` as Keras does. Weight decay is added to the gradient (L2).
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const settled = readOptions(ADAGRAD_OPTIONS, options);
  const { initialAccumulator, epsilon, epsilonInRoot } = settled;
  return elementwiseOptimizer({
    ...settled,
    name: 'adagrad',
    settings: { initialAccumulator, epsilon, epsilonInRoot },
    slotNames: ['accumulator'],
    initialSlot: initialAccumulator,
    update: ({ weight, gradient, slots, weightDecay }, { learningRate: rate }) => {
      const decayed = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(weight, weightDecay));
      const sum = tf.add(slots[0]!, tf.square(decayed));
      const root = epsilonInRoot ? tf.sqrt(tf.add(sum, epsilon)) : tf.add(tf.sqrt(sum), epsilon);
      return { weight: tf.sub(weight, tf.mul(tf.div(decayed, root), rate)), slots: [sum] };
    },
  });
}
