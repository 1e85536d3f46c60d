import * as tf from '@tensorflow/tfjs-core';

import type { OptimizerState, Parameter, UpdateRequest } from './optimizer';
import type { WeightDecayFilter } from './weight-decay';

/** A parameter with its gradient, state and decay, as one update sees it. */
export interface SlottedParameter {
  variable: tf.Variable;
  gradient: tf.Tensor;
  /** One for each slot name, in order. */
  slots: tf.Variable[];
  weightDecay: number;
}

/** What {@link slottedState} needs to know of an update rule. */
export interface SlottedRule {
  slotNames: readonly string[];
  weightDecay: number;
  weightDecayFilter: WeightDecayFilter;
  update(parameters: readonly SlottedParameter[], request: UpdateRequest): void;
}

/** The state of a rule that keeps, for each weight, some tensors of the weight's shape that start from zero. */
export function slottedState(parameters: readonly Parameter[], rule: SlottedRule): OptimizerState {
  const slots = new Map<string, tf.Variable>();
  const entries = parameters.map(({ name, variable }) => ({
    variable,
    slots: rule.slotNames.map((slotName) => {
      const slot = zerosVariable(variable.shape);
      slots.set(`${slotName}/${name}`, slot);
      return slot;
    }),
    weightDecay: rule.weightDecayFilter({ name, shape: variable.shape }) ? rule.weightDecay : 0,
  }));
  return {
    slots,
    update: (gradients, request) => {
      const present = entries.flatMap((entry, index) => {
        const gradient = gradients[index];
        return gradient === undefined ? [] : [{ ...entry, gradient }];
      });
      if (present.length > 0) rule.update(present, request);
    },
    dispose: () => slots.forEach((slot) => slot.dispose()),
  };
}

function zerosVariable(shape: number[]): tf.Variable {
  const zeros = tf.zeros(shape);
  const variable = tf.variable(zeros, false);
  zeros.dispose();
  return variable;
}
