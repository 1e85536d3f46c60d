import * as tf from '@tensorflow/tfjs-core';
import { expectNumber } from '@zoo/core';

import { asSchedule, type Schedule } from '../schedules';

import type { Optimizer, OptimizerState, Parameter, UpdateRequest } from './optimizer';
import { slottedState } from './slots';
import { decaysKernelsOnly, type WeightDecayFilter } from './weight-decay';

/** Options that every rule has. */
export interface SharedOptions {
  /** A number, or a schedule. */
  learningRate?: number | Schedule;
  /** How strongly weights decay; each rule says in which way. Default 0 unless the rule says otherwise. */
  weightDecay?: number;
  /** Which weights decay. Default: kernels; biases and norms do not. */
  weightDecayFilter?: WeightDecayFilter;
}

/** Names of {@link SharedOptions}. */
export const SHARED_OPTIONS = ['learningRate', 'weightDecay', 'weightDecayFilter'] as const;

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
export interface ElementwiseRule extends SharedOptions {
  readonly name: string;
  readonly learningRate: number | Schedule;
  /** Everything else that was set. */
  readonly settings: Readonly<Record<string, number | boolean>>;
  readonly slotNames: readonly string[];
  /** What each slot begins with. Default 0. */
  readonly initialSlot?: number;
  readonly update: (element: Element, request: UpdateRequest) => Updated;
}

/** An optimizer from a rule for one weight. Its file holds the rule and nothing else. */
export function elementwiseOptimizer(rule: ElementwiseRule): Optimizer {
  const { name, learningRate, weightDecay = 0, weightDecayFilter = decaysKernelsOnly } = rule;
  expectNumber('options.learningRate', asSchedule(learningRate)(0), { minimum: 0 });
  expectNumber('options.weightDecay', weightDecay, { minimum: 0 });
  return {
    name,
    learningRate,
    settings: { ...rule.settings, weightDecay },
    weightDecayFilter,
    init: (parameters) => initialState(parameters, rule, weightDecay, weightDecayFilter),
  };
}

function initialState(
  parameters: readonly Parameter[],
  { slotNames, initialSlot = 0, update }: ElementwiseRule,
  weightDecay: number,
  weightDecayFilter: WeightDecayFilter,
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
