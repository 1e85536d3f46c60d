import { readOptions, type OptionsOf } from '@zoo/core/options';

import { decayedGradient, elementwiseOptimizer } from './elementwise';
import { add, div, mul, sqrt, square, sub } from './formula';
import type { Optimizer } from './optimizer';
import { NADAM_OPTIONS } from './rule-options';

/** Options of {@link nadam}. */
export interface NadamOptions extends OptionsOf<typeof NADAM_OPTIONS> {}

/**
 * Nadam, Adam with Nesterov's momentum: Dozat, "Incorporating Nesterov Momentum into Adam", with the momentum's warm-up, as PyTorch and
 * Keras compute it. Weight decay is added to the gradient (L2).
 */
export function nadam(options: NadamOptions = {}): Optimizer {
  const settled = readOptions(NADAM_OPTIONS, options);
  const { beta1, beta2, epsilon, momentumDecay } = settled;
  const momentumAt = (step: number): number => beta1 * (1 - 0.5 * 0.96 ** (step * momentumDecay));
  const productAt = momentumProducts(momentumAt);
  return elementwiseOptimizer({
    ...settled,
    name: 'nadam',
    settings: { beta1, beta2, epsilon, momentumDecay },
    slotNames: ['firstMoment', 'secondMoment'],
    update: (element, { learningRate: rate, step }) => {
      const { weight, slots } = element;
      const decayed = decayedGradient(element);
      const mean = add(mul(slots[0]!, beta1), mul(decayed, 1 - beta1));
      const moment = add(mul(slots[1]!, beta2), mul(square(decayed), 1 - beta2));
      const root = add(sqrt(div(moment, 1 - beta2 ** step)), epsilon);
      const ofGradient = (rate * (1 - momentumAt(step))) / (1 - productAt(step));
      const ofMean = (rate * momentumAt(step + 1)) / (1 - productAt(step + 1));
      const direction = add(mul(decayed, ofGradient), mul(mean, ofMean));
      return { weight: sub(weight, div(direction, root)), slots: [mean, moment] };
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
