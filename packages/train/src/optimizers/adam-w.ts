import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS } from '@zoo/core';
import { readOptions, type OptionsOf, type ReadOptions } from '@zoo/core/options';

import { runFusedUpdate } from './fused-update';
import type { Optimizer, UpdateRequest } from './optimizer';
import { ADAM_OPTIONS, ADAM_W_OPTIONS } from './rule-options';
import { slottedState, type SlottedParameter } from './slots';
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
  return {
    name,
    learningRate,
    settings: name === 'adam' ? constants : { ...constants, weightDecay },
    weightDecayFilter,
    init: (parameters) =>
      slottedState(parameters, {
        slotNames: ['firstMoment', 'secondMoment'],
        weightDecay,
        weightDecayFilter,
        update: (slotted, request) =>
          updateMoments(slotted, { beta1, beta2, epsilon: epsilonAt(request.step) }, request),
      }),
  };
}

interface AdamConstants {
  beta1: number;
  beta2: number;
  epsilon: number;
}

function updateMoments(
  parameters: readonly SlottedParameter[],
  constants: AdamConstants,
  request: UpdateRequest,
): void {
  const weights = parameters.map(({ variable }) => variable);
  const firstMoments = parameters.map(({ slots }) => slots[0]!);
  const secondMoments = parameters.map(({ slots }) => slots[1]!);
  const { learningRate, step, gradientScale } = request;
  const fused = runFusedUpdate({
    kernel: FUSED_KERNELS.adamWUpdate,
    inputs: [...weights, ...parameters.map(({ gradient }) => gradient), ...firstMoments, ...secondMoments],
    attributes: {
      learningRate,
      ...constants,
      step,
      weightDecays: parameters.map(({ weightDecay }) => weightDecay),
      gradientScale,
    },
    targets: [...weights, ...firstMoments, ...secondMoments],
  });
  if (fused) return;
  tf.tidy(() => {
    for (const parameter of parameters) updateByStockOperations(parameter, constants, request);
  });
}

function updateByStockOperations(
  { variable, gradient, slots, weightDecay }: SlottedParameter,
  { beta1, beta2, epsilon }: AdamConstants,
  { learningRate, step, gradientScale }: UpdateRequest,
): void {
  const [first, second] = slots as [tf.Variable, tf.Variable];
  const scaled = gradientScale === 1 ? gradient : tf.mul(gradient, gradientScale);
  first.assign(tf.add(tf.mul(first, beta1), tf.mul(scaled, 1 - beta1)));
  second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(scaled), 1 - beta2)));
  const root = tf.add(tf.sqrt(tf.div(second, 1 - beta2 ** step)), epsilon);
  const direction = tf.mul(tf.div(first, root), learningRate / (1 - beta1 ** step));
  const kept = weightDecay === 0 ? variable : tf.mul(variable, 1 - learningRate * weightDecay);
  variable.assign(tf.sub(kept, direction));
}
