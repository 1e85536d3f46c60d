import * as tf from '@tensorflow/tfjs-core';
import type { Formula } from '@zoo/core';
import { expectNumber, readOptions, type OptionsOf, type ReadOptions } from '@zoo/core/options';

import { updateElements, type ElementRule } from './elementwise';
import { add, div, mul, shared, sqrt, square, sub } from './formula';
import type { Optimizer, OptimizerState, Parameter, UpdateRequest } from './optimizer';
import { SCHEDULE_FREE_ADAM_W_OPTIONS } from './rule-options';
import { slottedState, type SlottedParameter } from './slots';

/** Options of {@link scheduleFreeAdamW}. */
export interface ScheduleFreeAdamWOptions extends OptionsOf<typeof SCHEDULE_FREE_ADAM_W_OPTIONS> {}

/**
 * AdamW without a schedule: Defazio et al. 2024, "The Road Less Scheduled", algorithm 1. Gradients are taken at a point between the steps
 * `z` and their average `x`, `y = (1 - beta1) * z + beta1 * x`; `fit` measures and ends with `x`, batch norms measured anew on training
 * data after every epoch, as in SWA. Steps count in the average by the square of the highest learning rate so far, as in the authors' code.
 *
 * Give it a constant learning rate, or `linearWarmup(constant(rate), ...)`; a rate that falls only slows it down.
 */
export function scheduleFreeAdamW(options: ScheduleFreeAdamWOptions = {}): Optimizer {
  const settled = readOptions(SCHEDULE_FREE_ADAM_W_OPTIONS, options);
  const { learningRate, beta1, beta2, epsilon, weightDecay, weightDecayFilter } = settled;
  expectNumber('options.beta1', beta1, { minimum: 0, exclusiveMinimum: true });
  return {
    name: 'scheduleFreeAdamW',
    learningRate,
    settings: { beta1, beta2, epsilon, weightDecay },
    weightDecayFilter,
    averagesWeights: true,
    init: (parameters) => initialState(parameters, settled),
  };
}

function initialState(
  parameters: readonly Parameter[],
  rule: ReadOptions<typeof SCHEDULE_FREE_ADAM_W_OPTIONS>,
): OptimizerState {
  const { beta1, weightDecay, weightDecayFilter } = rule;
  // What the steps so far count together, and the highest learning rate: tensors, so that no step waits for a value.
  const rates = tf.tidy(() => tf.variable(tf.zeros([2]), false));
  const inner = slottedState(parameters, {
    slotNames: ['steps', 'secondMoment'],
    weightDecay,
    weightDecayFilter,
    update: (slotted, request) => tf.tidy(() => updateAll(slotted, rates, rule, request)),
  });
  for (const { name, variable } of parameters) {
    tf.tidy(() => inner.slots.get(`steps/${name}`)!.assign(tf.mul(variable, 1)));
  }
  return {
    update: (gradients, request) => inner.update(gradients, request),
    slots: new Map([...inner.slots, [`rates/${parameters[0]!.name}`, rates]]),
    averageOf: ({ name, variable }) =>
      tf.tidy(() => {
        const steps = inner.slots.get(`steps/${name}`)!;
        return tf.add(variable, tf.mul(tf.sub(steps, variable), 1 - 1 / beta1));
      }),
    dispose: () => {
      inner.dispose();
      rates.dispose();
    },
  };
}

function updateAll(
  parameters: readonly SlottedParameter[],
  rates: tf.Variable,
  { beta1, beta2, epsilon }: ReadOptions<typeof SCHEDULE_FREE_ADAM_W_OPTIONS>,
  request: UpdateRequest,
): void {
  const [sum, highest] = tf.unstack(rates) as [tf.Tensor, tf.Tensor];
  const top = tf.maximum(highest, request.learningRate);
  const counts = tf.square(top);
  const total = tf.add(sum, counts);
  // This step's share in the average; zero for steps of length zero.
  const shareOfStep = tf.divNoNan(counts, total);
  rates.assign(tf.stack([total, top]));
  const rule: ElementRule = ({ weight, gradient, slots, weightDecay }, { learningRate, step }) => {
    const [steps, second] = slots as [Formula, Formula];
    const share = shared(0);
    const moment = add(mul(second, beta2), mul(square(gradient), 1 - beta2));
    const normalized = div(gradient, add(sqrt(div(moment, 1 - beta2 ** step)), epsilon));
    const direction = weightDecay === 0 ? normalized : add(normalized, mul(weight, weightDecay));
    const nearer = add(weight, mul(sub(steps, weight), share));
    const alongGradient = mul(sub(mul(sub(1, share), beta1), 1), learningRate);
    return {
      weight: add(nearer, mul(direction, alongGradient)),
      slots: [sub(steps, mul(direction, learningRate)), moment],
    };
  };
  updateElements(parameters, request, rule, [shareOfStep]);
}
