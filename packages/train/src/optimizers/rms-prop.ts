import { readOptions, type OptionsOf } from '@zoo/core/options';

import { decayedGradient, elementwiseOptimizer } from './elementwise';
import { add, div, mul, sqrt, square, sub } from './formula';
import type { Optimizer } from './optimizer';
import { RMS_PROP_OPTIONS } from './rule-options';

/** Options of {@link rmsProp}. */
export interface RmsPropOptions extends OptionsOf<typeof RMS_PROP_OPTIONS> {}

/**
 * RMSprop: Tieleman and Hinton, lecture 6.5 of "Neural Networks for Machine Learning", as PyTorch computes it, or with
 * `epsilonInRoot: true` as Keras does. Weight decay is added to the gradient (L2).
 */
export function rmsProp(options: RmsPropOptions = {}): Optimizer {
  const settled = readOptions(RMS_PROP_OPTIONS, options);
  const { rho, momentum, epsilon, centered, epsilonInRoot } = settled;
  return elementwiseOptimizer({
    ...settled,
    name: 'rmsProp',
    settings: { rho, momentum, epsilon, centered, epsilonInRoot },
    slotNames: [
      'secondMoment',
      ...(momentum === 0 ? [] : ['velocity']),
      ...(centered ? ['firstMoment'] : []),
    ],
    update: (element, { learningRate: rate }) => {
      const { weight, slots } = element;
      const decayed = decayedGradient(element);
      const moment = add(mul(slots[0]!, rho), mul(square(decayed), 1 - rho));
      const mean = centered ? add(mul(slots.at(-1)!, rho), mul(decayed, 1 - rho)) : undefined;
      const variance = mean === undefined ? moment : sub(moment, square(mean));
      const root = epsilonInRoot ? sqrt(add(variance, epsilon)) : add(sqrt(variance), epsilon);
      const direction = div(decayed, root);
      const means = mean === undefined ? [] : [mean];
      if (momentum === 0) return { weight: sub(weight, mul(direction, rate)), slots: [moment, ...means] };
      const added = epsilonInRoot ? mul(direction, rate) : direction;
      const velocity = add(mul(slots[1]!, momentum), added);
      const step = epsilonInRoot ? velocity : mul(velocity, rate);
      return { weight: sub(weight, step), slots: [moment, velocity, ...means] };
    },
  });
}
