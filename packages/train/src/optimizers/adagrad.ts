import { readOptions, type OptionsOf } from '@zoo/core/options';

import { decayedGradient, elementwiseOptimizer } from './elementwise';
import { add, div, mul, sqrt, square, sub } from './formula';
import type { Optimizer } from './optimizer';
import { ADAGRAD_OPTIONS } from './rule-options';

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
    update: (element, { learningRate: rate }) => {
      const decayed = decayedGradient(element);
      const sum = add(element.slots[0]!, square(decayed));
      const root = epsilonInRoot ? sqrt(add(sum, epsilon)) : add(sqrt(sum), epsilon);
      return { weight: sub(element.weight, mul(div(decayed, root), rate)), slots: [sum] };
    },
  });
}
