import type { Formula } from '@zoo/core';
import { ArgumentError, readOptions, type OptionsOf } from '@zoo/core/options';

import { decayedGradient, elementwiseOptimizer, momentumStep, type Element } from './elementwise';
import { add, div, minimum, mul, norm, whenPositive } from './formula';
import type { Optimizer } from './optimizer';
import { LARS_OPTIONS } from './rule-options';

/** Options of {@link lars}. */
export interface LarsOptions extends OptionsOf<typeof LARS_OPTIONS> {}

/**
 * LARS, SGD whose steps are in proportion to each weight's norm: You et al., "Large Batch Training of Convolutional Networks", algorithm
 * 1; as timm, which like the paper leaves biases and norms to plain SGD: only weights that decay are adapted. Weight decay is added to the
 * gradient (L2).
 */
export function lars(options: LarsOptions = {}): Optimizer {
  const settled = readOptions(LARS_OPTIONS, options);
  const { momentum, nesterov, trustCoefficient, epsilon, trustClip } = settled;
  if (nesterov && momentum === 0) {
    throw new ArgumentError('options.momentum', 'a momentum above 0 with nesterov', momentum);
  }
  return elementwiseOptimizer({
    ...settled,
    name: 'lars',
    settings: { momentum, nesterov, trustCoefficient, epsilon, trustClip },
    slotNames: momentum === 0 ? [] : ['velocity'],
    update: (element, { learningRate: rate }) => {
      const { gradient, weightDecay } = element;
      const ratio = (): Formula => {
        const full = trustRatio(element, trustCoefficient, epsilon);
        return trustClip ? minimum(div(full, Math.max(rate, 1e-37)), 1) : full;
      };
      const adapted = weightDecay === 0 ? gradient : mul(decayedGradient(element), ratio());
      return momentumStep(element, adapted, { momentum, nesterov, learningRate: rate });
    },
  });
}

/** `trustCoefficient * |weight| / (|gradient| + weightDecay * |weight|)`, or 1 where either norm is 0. */
function trustRatio(
  { weight, gradient, weightDecay }: Element,
  trustCoefficient: number,
  epsilon: number,
): Formula {
  const [weightNorm, gradientNorm] = [norm(weight), norm(gradient)];
  const whole = add(add(gradientNorm, mul(weightNorm, weightDecay)), epsilon);
  const ratio = div(mul(weightNorm, trustCoefficient), whole);
  return whenPositive(minimum(weightNorm, gradientNorm), ratio, 1);
}
