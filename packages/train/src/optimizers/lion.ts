import * as tf from '@tensorflow/tfjs-core';
import { expectKnownOptions, expectNumber } from '@zoo/core';

import type { Schedule } from '../schedules';

import { elementwiseOptimizer, SHARED_OPTIONS, type SharedOptions } from './elementwise';
import type { Optimizer } from './optimizer';

/** Options of {@link lion}. */
export interface LionOptions extends SharedOptions {
  /** Three to ten times below Adam's. Default 0.0001. */
  learningRate?: number | Schedule;
  /** Share of the mean in the direction, in [0, 1). Default 0.9. */
  beta1?: number;
  /** Share of the mean that is kept, in [0, 1). Default 0.99. */
  beta2?: number;
}

/**
 * Lion, the sign of a mean of gradients: Chen et al., "Symbolic Discovery of Optimization Algorithms", program 1; as Keras. Weight
 * decay is decoupled: `weight -= learningRate * weightDecay * weight`.
 */
export function lion(options: LionOptions = {}): Optimizer {
  expectKnownOptions('options', options, [...SHARED_OPTIONS, 'beta1', 'beta2']);
  const { learningRate = 1e-4, beta1 = 0.9, beta2 = 0.99 } = options;
  for (const [name, beta] of Object.entries({ beta1, beta2 })) {
    expectNumber(`options.${name}`, beta, { minimum: 0, maximum: 1, exclusiveMaximum: true });
  }
  return elementwiseOptimizer({
    ...options,
    name: 'lion',
    learningRate,
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
