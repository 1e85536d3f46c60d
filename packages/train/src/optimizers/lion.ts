import { readOptions, type OptionsOf } from '@zoo/core/options';

import { decayedWeight, elementwiseOptimizer } from './elementwise';
import { add, mul, sign, sub } from './formula';
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
    update: (element, { learningRate: rate }) => {
      const { gradient, slots } = element;
      const mean = slots[0]!;
      const direction = sign(add(mul(mean, beta1), mul(gradient, 1 - beta1)));
      return {
        weight: sub(decayedWeight(element, rate), mul(direction, rate)),
        slots: [add(mul(mean, beta2), mul(gradient, 1 - beta2))],
      };
    },
  });
}
