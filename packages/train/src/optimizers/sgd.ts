import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS } from '@zoo/core';
import { ArgumentError, readOptions, type OptionsOf } from '@zoo/core/options';

import { runFusedUpdate } from './fused-update';
import type { Optimizer, UpdateRequest } from './optimizer';
import { SGD_OPTIONS } from './rule-options';
import { slottedState, type SlottedParameter } from './slots';

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
  return {
    name: 'sgd',
    learningRate,
    settings: { momentum, nesterov, weightDecay },
    weightDecayFilter,
    init: (parameters) =>
      slottedState(parameters, {
        slotNames: momentum === 0 ? [] : ['velocity'],
        weightDecay,
        weightDecayFilter,
        update: (slotted, request) =>
          momentum === 0
            ? descend(slotted, request)
            : updateWithMomentum(slotted, momentum, nesterov, request),
      }),
  };
}

function descend(parameters: readonly SlottedParameter[], request: UpdateRequest): void {
  tf.tidy(() => {
    for (const parameter of parameters) {
      const step = tf.mul(decayedGradient(parameter, request), request.learningRate);
      parameter.variable.assign(tf.sub(parameter.variable, step));
    }
  });
}

function updateWithMomentum(
  parameters: readonly SlottedParameter[],
  momentum: number,
  nesterov: boolean,
  request: UpdateRequest,
): void {
  const weights = parameters.map(({ variable }) => variable);
  const velocities = parameters.map(({ slots }) => slots[0]!);
  const fused = runFusedUpdate({
    kernel: FUSED_KERNELS.sgdUpdate,
    inputs: [...weights, ...parameters.map(({ gradient }) => gradient), ...velocities],
    attributes: {
      learningRate: request.learningRate,
      momentum,
      nesterov,
      weightDecays: parameters.map(({ weightDecay }) => weightDecay),
      gradientScale: request.gradientScale,
    },
    targets: [...weights, ...velocities],
  });
  if (fused) return;
  tf.tidy(() => {
    for (const parameter of parameters) {
      const velocity = parameter.slots[0]!;
      const gradient = decayedGradient(parameter, request);
      velocity.assign(tf.add(tf.mul(velocity, momentum), gradient));
      const direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
      parameter.variable.assign(tf.sub(parameter.variable, tf.mul(direction, request.learningRate)));
    }
  });
}

function decayedGradient(
  { gradient, variable, weightDecay }: SlottedParameter,
  { gradientScale }: UpdateRequest,
) {
  const scaled = gradientScale === 1 ? gradient : tf.mul(gradient, gradientScale);
  return weightDecay === 0 ? scaled : tf.add(scaled, tf.mul(variable, weightDecay));
}
