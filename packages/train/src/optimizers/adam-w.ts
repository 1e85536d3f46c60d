import { FUSED_KERNELS } from '@zoo/core';
import { readOptions, type OptionsOf, type ReadOptions } from '@zoo/core/options';

import { decayedWeight, elementwiseOptimizer } from './elementwise';
import { add, div, mul, sqrt, square, sub } from './formula';
import { runFusedUpdate } from './fused-update';
import type { Optimizer, UpdateRequest } from './optimizer';
import { ADAM_OPTIONS, ADAM_W_OPTIONS } from './rule-options';
import type { SlottedParameter } from './slots';
import { decaysKernelsOnly } from './weight-decay';

/** Options of {@link adam}. */
export interface AdamOptions extends OptionsOf<typeof ADAM_OPTIONS> {}

/** Options of {@link adamW}. */
export interface AdamWOptions extends OptionsOf<typeof ADAM_W_OPTIONS> {}

/**
 * Adam: Kingma and Ba, "Adam: A Method for Stochastic Optimization", algorithm 1, as PyTorch computes it.
 *
 * Keras adds `epsilon` before the bias of the second moment is corrected; `epsilonHat: true` does so too.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  // Nothing decays.
  return adamRule('adam', {
    ...readOptions(ADAM_OPTIONS, options),
    weightDecay: 0,
    weightDecayFilter: decaysKernelsOnly,
  });
}

/** Adam with decoupled weight decay: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", algorithm 2, as PyTorch computes it. */
export function adamW(options: AdamWOptions = {}): Optimizer {
  return adamRule('adamW', readOptions(ADAM_W_OPTIONS, options));
}

function adamRule(name: string, options: ReadOptions<typeof ADAM_W_OPTIONS>): Optimizer {
  const { learningRate, beta1, beta2, epsilon, epsilonHat, weightDecay, weightDecayFilter } = options;
  const constants = { beta1, beta2, epsilon, epsilonHat };
  // Epsilon hat is epsilon over the root of the second moment's correction.
  const epsilonAt = (step: number) => (epsilonHat ? epsilon / Math.sqrt(1 - beta2 ** step) : epsilon);
  const optimizer = elementwiseOptimizer({
    name,
    learningRate,
    settings: constants,
    weightDecay,
    weightDecayFilter,
    slotNames: ['firstMoment', 'secondMoment'],
    update: (element, { learningRate: rate, step }) => {
      const { gradient, slots } = element;
      const first = add(mul(slots[0]!, beta1), mul(gradient, 1 - beta1));
      const second = add(mul(slots[1]!, beta2), mul(square(gradient), 1 - beta2));
      const root = add(sqrt(div(second, 1 - beta2 ** step)), epsilonAt(step));
      const change = div(mul(first, rate / (1 - beta1 ** step)), root);
      return { weight: sub(decayedWeight(element, rate), change), slots: [first, second] };
    },
    updateByOwnKernel: (slotted, request) =>
      updateByOwnKernel(slotted, request, { beta1, beta2, epsilon: epsilonAt(request.step) }),
  });
  return name === 'adam' ? { ...optimizer, settings: constants } : optimizer;
}

function updateByOwnKernel(
  slotted: readonly SlottedParameter[],
  { learningRate, step, gradientScale }: UpdateRequest,
  constants: { beta1: number; beta2: number; epsilon: number },
): boolean {
  return runFusedUpdate({
    kernel: FUSED_KERNELS.adamWUpdate,
    slotted,
    attributes: {
      ...constants,
      learningRate,
      step,
      weightDecays: slotted.map(({ weightDecay }) => weightDecay),
      gradientScale,
    },
  });
}
