import * as tf from '@tensorflow/tfjs-core';
import { readOptions, type OptionsOf } from '@zoo/core/options';

import { elementwiseOptimizer } from './elementwise';
import type { Optimizer } from './optimizer';
import { LION_OPTIONS } from './rule-options';

/** Options of {@link lion}. */
export interface LionOptions extends OptionsOf<typeof LION_OPTIONS> {}

/**
 * Lion, the sign of a mean of gradients: Chen et al., "Symbolic Discovery of Optimization Algorithms", program 1; as Keras. Weight
 * decay is decoupled: `weight -= learningRate * weightDecay * weight`.
 */
export function lion(options: LionOptions = {}): Optimizer {
  const settled = readOptions(LION_OPTIONS, options);
  const { beta1, beta2 } = settled;
  return elementwiseOptimizer({
    ...settled,
    name: 'lion',
    settings: { beta1, beta2 },
    slotNames: ['firstMoment'],
    update: ({ weight, gradient, slots, weightDecay }, { learningRate: rate }) => {
      const mean = slots[0]!;
      const direction = tf.sign(tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1)));
      return {
        weight: tf.sub(tf.mul(weight, 1 - rate * weightDecay), tf.mul(direction, rate)),
        slots: [tf.add(tf.mul(mean, beta2), tf.mul(gradient, 1 - beta2))],
      };
    },
  });
}
