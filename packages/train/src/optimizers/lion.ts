import * as tf from '@tensorflow/tfjs-core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { elementwiseOptimizer } from './elementwise';
import type { Optimizer } from './optimizer';
import { FRACTION, SHARED_OPTIONS } from './shared-options';

const LION_OPTIONS = {
  ...SHARED_OPTIONS,
  /** Three to ten times below Adam's. Default 0.0001. */
  learningRate: { ...SHARED_OPTIONS.learningRate, default: 1e-4 },
  /** Share of the mean in the direction, in [0, 1). Default 0.9. */
  beta1: { ...FRACTION, default: 0.9 },
  /** Share of the mean that is kept, in [0, 1). Default 0.99. */
  beta2: { ...FRACTION, default: 0.99 },
} as const satisfies OptionTable;

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
