import type { Formula } from '@zoo/core';
import { readOptions, type OptionsOf } from '@zoo/core/options';

import { decayedWeight, elementwiseOptimizer } from './elementwise';
import { add, div, maximum, minimum, mul, norm, sqrt, square, sub, whenPositive } from './formula';
import type { Optimizer } from './optimizer';
import { LAMB_OPTIONS } from './rule-options';

/** Options of {@link lamb}. */
export interface LambOptions extends OptionsOf<typeof LAMB_OPTIONS> {}

/**
 * LAMB, Adam with each weight's step in proportion to the weight's norm: You et al., "Large Batch Optimization for Deep Learning",
 * algorithm 2; as Keras, whose weight decay is decoupled: `weight -= learningRate * weightDecay * weight`, before the rest.
 */
export function lamb(options: LambOptions = {}): Optimizer {
  const settled = readOptions(LAMB_OPTIONS, options);
  const { beta1, beta2, epsilon } = settled;
  return elementwiseOptimizer({
    ...settled,
    name: 'lamb',
    settings: { beta1, beta2, epsilon },
    slotNames: ['firstMoment', 'secondMoment'],
    update: (element, { learningRate: rate, step }) => {
      const { gradient, slots } = element;
      const mean = add(mul(slots[0]!, beta1), mul(gradient, 1 - beta1));
      const moment = add(mul(slots[1]!, beta2), mul(square(gradient), 1 - beta2));
      const root = add(sqrt(div(moment, 1 - beta2 ** step)), epsilon);
      const direction = div(div(mean, 1 - beta1 ** step), root);
      const kept = decayedWeight(element, rate);
      const trusted = mul(direction, trustRatio(kept, direction));
      return { weight: sub(kept, mul(trusted, rate)), slots: [mean, moment] };
    },
  });
}

/** `|weight| / |step|`, or 1 where either is 0. */
function trustRatio(weight: Formula, step: Formula): Formula {
  const [weightNorm, stepNorm] = [norm(weight), norm(step)];
  const ratio = div(weightNorm, maximum(stepNorm, 1e-37));
  return whenPositive(minimum(weightNorm, stepNorm), ratio, 1);
}
