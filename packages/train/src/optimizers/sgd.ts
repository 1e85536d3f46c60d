import { FUSED_KERNELS } from '@zoo/core';
import { ArgumentError, readOptions, type OptionsOf } from '@zoo/core/options';

import { decayedGradient, elementwiseOptimizer, momentumStep } from './elementwise';
import { runFusedUpdate } from './fused-update';
import type { Optimizer, UpdateRequest } from './optimizer';
import { SGD_OPTIONS } from './rule-options';
import type { SlottedParameter } from './slots';

/** Options of {@link sgd}. */
export interface SgdOptions extends OptionsOf<typeof SGD_OPTIONS> {}

/**
 * Stochastic gradient descent with momentum, by PyTorch's rule, which is the one of the papers' recipes.
 *
 * `g += weightDecay * w; v = momentum * v + g; w -= learningRate * (nesterov ? g + momentum * v : v)`. Unlike Keras' rule the
 * velocity does not hold the learning rate, so that a change of the rate acts at once.
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { learningRate, momentum, nesterov, weightDecay, weightDecayFilter } = readOptions(
    SGD_OPTIONS,
    options,
  );
  if (nesterov && momentum === 0) {
    throw new ArgumentError('options.momentum', 'a momentum above 0 with nesterov', momentum);
  }
  return elementwiseOptimizer({
    name: 'sgd',
    learningRate,
    settings: { momentum, nesterov },
    weightDecay,
    weightDecayFilter,
    slotNames: momentum === 0 ? [] : ['velocity'],
    update: (element, { learningRate: rate }) =>
      momentumStep(element, decayedGradient(element), { momentum, nesterov, learningRate: rate }),
    updateByOwnKernel: (slotted, request) =>
      momentum !== 0 && updateByOwnKernel(slotted, request, { momentum, nesterov }),
  });
}

function updateByOwnKernel(
  slotted: readonly SlottedParameter[],
  { learningRate, gradientScale }: UpdateRequest,
  constants: { momentum: number; nesterov: boolean },
): boolean {
  return runFusedUpdate({
    kernel: FUSED_KERNELS.sgdUpdate,
    slotted,
    attributes: {
      ...constants,
      learningRate,
      weightDecays: slotted.map(({ weightDecay }) => weightDecay),
      gradientScale,
    },
  });
}
