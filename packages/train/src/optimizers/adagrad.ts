import * as tf from '@tensorflow/tfjs-core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { elementwiseOptimizer } from './elementwise';
import type { Optimizer } from './optimizer';
import { EPSILON, SHARED_OPTIONS } from './shared-options';

const ADAGRAD_OPTIONS = {
  ...SHARED_OPTIONS,
  /** Default 0.01, PyTorch's; Keras has 0.001. */
  learningRate: { ...SHARED_OPTIONS.learningRate, default: 0.01 },
  /** What the sums of squares begin with. Default 0, PyTorch's; Keras has 0.1. */
  initialAccumulator: { type: 'number', minimum: 0, default: 0 },
  /** Default 1e-10, PyTorch's. */
  epsilon: { ...EPSILON, default: 1e-10 },
  /** True to add `epsilon` within the root, as Keras does. Default false. */
  epsilonInRoot: { type: 'boolean', default: false },
} as const satisfies OptionTable;

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
