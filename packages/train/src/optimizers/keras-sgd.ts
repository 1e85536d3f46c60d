import * as tf from '@tensorflow/tfjs-core';
import { ArgumentError, expectKnownOptions, expectNumber } from '@zoo/core';

import type { Schedule } from '../schedules';

import { elementwiseOptimizer, SHARED_OPTIONS, type SharedOptions } from './elementwise';
import type { Optimizer } from './optimizer';

/** Options of {@link kerasSgd}. */
export interface KerasSgdOptions extends SharedOptions {
  /** Default 0.01. */
  learningRate?: number | Schedule;
  /** Share of the velocity that is kept, in [0, 1). Default 0. */
  momentum?: number;
  /** True to look one step ahead along the velocity. Needs momentum. Default false. */
  nesterov?: boolean;
}

/**
 * Stochastic gradient descent by Keras' rule, whose velocity holds the learning rate: `v = momentum * v - learningRate * g; w += v`.
 *
 * It differs from `sgd` while the rate changes. Weight decay is decoupled, as in Keras: `w -= learningRate * weightDecay * w`.
 */
export function kerasSgd(options: KerasSgdOptions = {}): Optimizer {
  expectKnownOptions('options', options, [...SHARED_OPTIONS, 'momentum', 'nesterov']);
  const { learningRate = 0.01, momentum = 0, nesterov = false } = options;
  expectNumber('options.momentum', momentum, { minimum: 0, maximum: 1, exclusiveMaximum: true });
  if (nesterov && momentum === 0) {
    throw new ArgumentError('options.momentum', 'a momentum above 0 with nesterov', momentum);
  }
  return elementwiseOptimizer({
    ...options,
    name: 'kerasSgd',
    learningRate,
    settings: { momentum, nesterov },
    slotNames: momentum === 0 ? [] : ['velocity'],
    update: ({ weight, gradient, slots, weightDecay }, { learningRate: rate }) => {
      const kept = tf.mul(weight, 1 - rate * weightDecay);
      const step = tf.mul(gradient, rate);
      const [velocity] = slots;
      if (velocity === undefined) return { weight: tf.sub(kept, step), slots: [] };
      const moved = tf.sub(tf.mul(velocity, momentum), step);
      const change = nesterov ? tf.sub(tf.mul(moved, momentum), step) : moved;
      return { weight: tf.add(kept, change), slots: [moved] };
    },
  });
}
