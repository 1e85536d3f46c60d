import * as tf from '@tensorflow/tfjs-core';
import { ArgumentError, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { elementwiseOptimizer } from './elementwise';
import type { Optimizer } from './optimizer';
import { FRACTION, SHARED_OPTIONS } from './shared-options';

const KERAS_SGD_OPTIONS = {
  ...SHARED_OPTIONS,
  /** Default 0.01. */
  learningRate: { ...SHARED_OPTIONS.learningRate, default: 0.01 },
  /** Share of the velocity that is kept, in [0, 1). Default 0. */
  momentum: { ...FRACTION, default: 0 },
  /** True to look one step ahead along the velocity. Needs momentum. Default false. */
  nesterov: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** Options of {@link kerasSgd}. */
export interface KerasSgdOptions extends OptionsOf<typeof KERAS_SGD_OPTIONS> {}

/**
 * Stochastic gradient descent by Keras' rule, whose velocity holds the learning rate: `v = momentum * v - learningRate * g; w += v`.
 *
 * It differs from `sgd` while the rate changes. Weight decay is decoupled, as in Keras: `w -= learningRate * weightDecay * w`.
 */
export function kerasSgd(options: KerasSgdOptions = {}): Optimizer {
  const settled = readOptions(KERAS_SGD_OPTIONS, options);
  const { momentum, nesterov } = settled;
  if (nesterov && momentum === 0) {
    throw new ArgumentError('options.momentum', 'a momentum above 0 with nesterov', momentum);
  }
  return elementwiseOptimizer({
    ...settled,
    name: 'kerasSgd',
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
