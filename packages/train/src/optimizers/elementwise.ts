import * as tf from '@tensorflow/tfjs-core';

import type { Schedule } from '../schedules';

import type { Optimizer, OptimizerState, Parameter, UpdateRequest } from './optimizer';
import { slottedState } from './slots';
import type { WeightDecayFilter } from './weight-decay';

/** A weight as a rule meets it: tensors that die with the update. */
export interface Element {
  /** The weight before the update. */
  readonly weight: tf.Tensor;
  /** The gradient, scaled. */
  readonly gradient: tf.Tensor;
  /** The state, one for each slot name. */
  readonly slots: readonly tf.Tensor[];
  /** 0 for a weight that does not decay. */
  readonly weightDecay: number;
}

/** What a rule makes of a weight: its new value, and the state's. */
export interface Updated {
  readonly weight: tf.Tensor;
  readonly slots: readonly tf.Tensor[];
}

/** A rule that updates each weight by itself, by stock operations. */
export interface ElementwiseRule {
  readonly name: string;
  readonly learningRate: number | Schedule;
  readonly weightDecay: number;
  readonly weightDecayFilter: WeightDecayFilter;
  /** Everything else that was set. */
  readonly settings: Readonly<Record<string, number | boolean>>;
  readonly slotNames: readonly string[];
  /** What each slot begins with. Default 0. */
  readonly initialSlot?: number;
  readonly update: (element: Element, request: UpdateRequest) => Updated;
}

/** An optimizer from a rule for one weight. Its file holds the rule and nothing else. */
export function elementwiseOptimizer(rule: ElementwiseRule): Optimizer {
  const { name, learningRate, weightDecay, weightDecayFilter } = rule;
  return {
    name,
    learningRate,
    settings: { ...rule.settings, weightDecay },
    weightDecayFilter,
    init: (parameters) => initialState(parameters, rule),
  };
}

function initialState(
  parameters: readonly Parameter[],
  { slotNames, initialSlot = 0, update, weightDecay, weightDecayFilter }: ElementwiseRule,
): OptimizerState {
  const state = slottedState(parameters, {
    slotNames,
    weightDecay,
    weightDecayFilter,
    update: (slotted, request) => {
      for (const { variable, gradient, slots, weightDecay: decay } of slotted) {
        tf.tidy(() => {
          const scaled = request.gradientScale === 1 ? gradient : tf.mul(gradient, request.gradientScale);
          const updated = update({ weight: variable, gradient: scaled, slots, weightDecay: decay }, request);
          // All are computed before any is assigned: a rule may read what it also gives.
          variable.assign(updated.weight);
          updated.slots.forEach((value, index) => slots[index]!.assign(value));
        });
      }
    },
  });
  if (initialSlot !== 0) {
    for (const slot of state.slots.values()) tf.tidy(() => slot.assign(tf.fill(slot.shape, initialSlot)));
  }
  return state;
}
