import * as tf from '@tensorflow/tfjs-core';
import { expectKnownOptions, expectNumber } from '@zoo/core';

import type { Schedule } from '../schedules';

import { elementwiseOptimizer, SHARED_OPTIONS, type SharedOptions } from './elementwise';
import type { Optimizer } from './optimizer';

/** Options of {@link nadam}. */
export interface NadamOptions extends SharedOptions {
  /** Default 0.002, PyTorch's; Keras has 0.001. */
  learningRate?: number | Schedule;
  /** Decay of the gradients' mean, in [0, 1). Default 0.9. */
  beta1?: number;
  /** Decay of the squared gradients' mean, in [0, 1). Default 0.999. */
  beta2?: number;
  /** Added to the root of the second moment. Default 1e-8. */
  epsilon?: number;
  /** How fast the momentum warms up. Default 0.004, PyTorch's; Keras has 1. */
  momentumDecay?: number;
}

/**
 * Nadam, Adam with Nesterov's momentum: Dozat, "Incorporating Nesterov Momentum into Adam", with the momentum's warm-up, as PyTorch and
 * Keras compute it. Weight decay is added to the gradient (L2).
 */
export function nadam(options: NadamOptions = {}): Optimizer {
  expectKnownOptions('options', options, [...SHARED_OPTIONS, 'beta1', 'beta2', 'epsilon', 'momentumDecay']);
  const { learningRate = 2e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, momentumDecay = 0.004 } = options;
  for (const [name, beta] of Object.entries({ beta1, beta2 })) {
    expectNumber(`options.${name}`, beta, { minimum: 0, maximum: 1, exclusiveMaximum: true });
  }
  expectNumber('options.epsilon', epsilon, { minimum: 0, exclusiveMinimum: true });
  expectNumber('options.momentumDecay', momentumDecay, { minimum: 0 });
  const momentumAt = (step: number): number => beta1 * (1 - 0.5 * 0.96 ** (step * momentumDecay));
  const productAt = momentumProducts(momentumAt);
  return elementwiseOptimizer({
    ...options,
    name: 'nadam',
    learningRate,
    settings: { beta1, beta2, epsilon, momentumDecay },
    slotNames: ['firstMoment', 'secondMoment'],
    update: ({ weight, gradient, slots, weightDecay }, { learningRate: rate, step }) => {
      const [first, second] = slots as [tf.Tensor, tf.Tensor];
      const decayed = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(weight, weightDecay));
      const mean = tf.add(tf.mul(first, beta1), tf.mul(decayed, 1 - beta1));
      const moment = tf.add(tf.mul(second, beta2), tf.mul(tf.square(decayed), 1 - beta2));
      const root = tf.add(tf.sqrt(tf.div(moment, 1 - beta2 ** step)), epsilon);
      const ofGradient = (rate * (1 - momentumAt(step))) / (1 - productAt(step));
      const ofMean = (rate * momentumAt(step + 1)) / (1 - productAt(step + 1));
      const direction = tf.add(tf.mul(decayed, ofGradient), tf.mul(mean, ofMean));
      return { weight: tf.sub(weight, tf.div(direction, root)), slots: [mean, moment] };
    },
  });
}

/** The product of the momenta up to a step: a function of the step's number alone, each factor worked out once. */
function momentumProducts(momentumAt: (step: number) => number): (step: number) => number {
  const products = [1];
  return (step) => {
    for (let next = products.length; next <= step; next++)
      products.push(products[next - 1]! * momentumAt(next));
    return products[step]!;
  };
}
