import { ArgumentError, readOptions, type OptionsOf } from '@zoo/core/options';

import { decayedWeight, elementwiseOptimizer } from './elementwise';
import { add, mul, sub } from './formula';
import type { Optimizer } from './optimizer';
import { KERAS_SGD_OPTIONS } from './rule-options';

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
    update: (element, { learningRate: rate }) => {
      const kept = decayedWeight(element, rate);
      const step = mul(element.gradient, rate);
      const [velocity] = element.slots;
      if (velocity === undefined) return { weight: sub(kept, step), slots: [] };
      const moved = sub(mul(velocity, momentum), step);
      const change = nesterov ? sub(mul(moved, momentum), step) : moved;
      return { weight: add(kept, change), slots: [moved] };
    },
  });
}
