import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS, type Formula, type UpdateRule } from '@zoo/core';

import type { Schedule } from '../schedules';

import { add, evaluateFormulas, mul, sub, tensor } from './formula';
import { runFusedUpdate } from './fused-update';
import type { Optimizer, OptimizerState, Parameter, UpdateRequest } from './optimizer';
import { slottedState, type SlottedParameter } from './slots';
import type { WeightDecayFilter } from './weight-decay';

/** A weight as a rule meets it. */
export interface Element {
  /** The weight before the update. */
  readonly weight: Formula;
  /** The gradient, scaled. */
  readonly gradient: Formula;
  /** The state before the update, one for each slot name. */
  readonly slots: readonly Formula[];
  /** 0 for a weight that does not decay. */
  readonly weightDecay: number;
}

/** What a rule makes of a weight, as formulas: its file states it once, and every engine computes by them. */
export type ElementRule = (element: Element, request: UpdateRequest) => UpdateRule;

/** A rule that updates each weight by itself. */
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
  readonly update: ElementRule;
  /** A kernel of this rule alone that an engine may have: computes the update and returns true, or returns false. */
  readonly updateByOwnKernel?: (slotted: readonly SlottedParameter[], request: UpdateRequest) => boolean;
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

function initialState(parameters: readonly Parameter[], rule: ElementwiseRule): OptimizerState {
  const { slotNames, initialSlot = 0, update, weightDecay, weightDecayFilter, updateByOwnKernel } = rule;
  const state = slottedState(parameters, {
    slotNames,
    weightDecay,
    weightDecayFilter,
    update: (slotted, request) => {
      if (updateByOwnKernel?.(slotted, request) !== true) updateElements(slotted, request, update);
    },
  });
  if (initialSlot !== 0) {
    for (const slot of state.slots.values()) tf.tidy(() => slot.assign(tf.fill(slot.shape, initialSlot)));
  }
  return state;
}

/**
 * Updates weights and state by a rule: in one kernel call where the engine has the kernel, else by stock operations.
 *
 * @param shared Numbers that all weights share, [].
 */
export function updateElements(
  slotted: readonly SlottedParameter[],
  request: UpdateRequest,
  rule: ElementRule,
  shared: readonly tf.Tensor[] = [],
): void {
  const rules = rulesOf(slotted, request, rule);
  if (runFusedUpdate({ kernel: FUSED_KERNELS.ruleUpdate, slotted, attributes: { rules }, shared })) return;
  slotted.forEach(({ variable, gradient, slots }, index) => {
    tf.tidy(() => {
      const { weight, slots: newSlots } = rules[index]!;
      const tensors = [variable, gradient, ...slots];
      // All are computed before any is assigned: a rule may read what it also gives.
      const values = evaluateFormulas([weight, ...newSlots], { tensors, shared });
      [variable, ...slots].forEach((target, at) => target.assign(values[at]!));
    });
  });
}

/** The rule's formulas for each weight; they differ by weight decay alone. */
function rulesOf(
  slotted: readonly SlottedParameter[],
  request: UpdateRequest,
  rule: ElementRule,
): UpdateRule[] {
  const byDecay = new Map<number, UpdateRule>();
  return slotted.map(({ slots, weightDecay }) => {
    const known = byDecay.get(weightDecay);
    if (known !== undefined) return known;
    const element = {
      weight: tensor(0),
      gradient: mul(tensor(1), request.gradientScale),
      slots: slots.map((_, index) => tensor(2 + index)),
      weightDecay,
    };
    const made = rule(element, request);
    byDecay.set(weightDecay, made);
    return made;
  });
}

/** The gradient with weight decay added to it (L2). */
export function decayedGradient({ weight, gradient, weightDecay }: Element): Formula {
  return weightDecay === 0 ? gradient : add(gradient, mul(weight, weightDecay));
}

/**
 * A step with momentum by PyTorch's rule: `v = momentum * v + g; w -= learningRate * (nesterov ? g + momentum * v : v)`.
 *
 * @param gradient The gradient, or what a rule takes in its place.
 */
export function momentumStep(
  { weight, slots: [velocity] }: Element,
  gradient: Formula,
  { momentum, nesterov, learningRate }: { momentum: number; nesterov: boolean; learningRate: number },
): UpdateRule {
  if (velocity === undefined) return { weight: sub(weight, mul(gradient, learningRate)), slots: [] };
  const moved = add(mul(velocity, momentum), gradient);
  const direction = nesterov ? add(gradient, mul(moved, momentum)) : moved;
  return { weight: sub(weight, mul(direction, learningRate)), slots: [moved] };
}

/** The weight after decoupled weight decay: `weight -= learningRate * weightDecay * weight`. */
export function decayedWeight({ weight, weightDecay }: Element, learningRate: number): Formula {
  return mul(weight, 1 - learningRate * weightDecay);
}
