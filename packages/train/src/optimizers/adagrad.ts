import * as tf from '@tensorflow/tfjs-core';
import { expectKnownOptions, expectNumber } from '@zoo/core';

import type { Schedule } from '../schedules';

import { elementwiseOptimizer, SHARED_OPTIONS, type SharedOptions } from './elementwise';
import type { Optimizer } from './optimizer';

/** Options of {@link adagrad}. */
export interface AdagradOptions extends SharedOptions {
  /** Default 0.01, PyTorch's; Keras has 0.001. */
  learningRate?: number | Schedule;
  /** What the sums of squares begin with. Default 0, PyTorch's; Keras has 0.1. */
  initialAccumulator?: number;
  /** Default 1e-10, PyTorch's. */
  epsilon?: number;
  /** True to add `epsilon` within the root, as Keras does. Default false. */
  epsilonInRoot?: boolean;
}

/**
 * Adagrad: Duchi et al., "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", as PyTorch computes it, or
 * with `epsilonInRoot: true` as Keras does. Weight decay is added to the gradient (L2).
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  expectKnownOptions('options', options, [
    ...SHARED_OPTIONS,
    'initialAccumulator',
    'epsilon',
    'epsilonInRoot',
  ]);
  const { learningRate = 0.01, initialAccumulator = 0, epsilon = 1e-10, epsilonInRoot = false } = options;
  expectNumber('options.initialAccumulator', initialAccumulator, { minimum: 0 });
  expectNumber('options.epsilon', epsilon, { minimum: 0, exclusiveMinimum: true });
  return elementwiseOptimizer({
    ...options,
    name: 'adagrad',
    learningRate,
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
