import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS, type Formula, type FormulaNode, type UpdateRule } from '@zoo/core';

import { normsByPass } from '../../../../kernels/formula-graph';
import type { KernelContext, TensorInfo } from '../../kernel-context';
import { fusedKernel } from '../kernel-definition';

import { normsProgram, updateProgram, type RuleProgram } from './rule-program';
import { runPrograms } from './run-programs';
import { scalarValue } from './scalar-value';

/** A step of a rule given as formulas, on all weights in one pass, after one for norms where it has such. */
export const ruleUpdate = fusedKernel(FUSED_KERNELS.ruleUpdate, (context, inputs, { rules }) => {
  const all = Object.values(inputs);
  const count = rules.length;
  const tensorsPerWeight = rules[0]!.slots.length + 2;
  const [gradients, afterAll] = [all.slice(count, 2 * count), count * tensorsPerWeight];
  const targets = [...all.slice(0, count), ...all.slice(2 * count, afterAll)];
  // No other tensor may see the update: a clone or a reshaped view keeps its values.
  const inPlace = targets.every(({ dataId }) => context.backend.refCount(dataId) <= 1);
  const written = inPlace ? targets : targets.map((target) => copy(context, target));
  const shared = all.slice(afterAll).map((scalar) => context.floatsOf(scalar)[0]!);
  updateWeights(context, rules, shared, (index) => [
    written[index]!,
    gradients[index]!,
    ...Array.from({ length: tensorsPerWeight - 2 }, (_, slot) => written[(1 + slot) * count + index]!),
  ]);
  if (!inPlace) return written;
  for (const target of targets) context.wroteInPlace(target);
  return [];
});

function copy(context: KernelContext, source: TensorInfo): TensorInfo {
  const target = context.output(source.shape);
  context.floatsOf(target).set(context.floatsOf(source));
  return target;
}

/** What is the same for all weights of a rule. */
interface Plan {
  readonly norms: readonly (readonly FormulaNode[])[];
  /** One for each pass over norms, then the update's. */
  readonly programs: readonly RuleProgram[];
}

/** A weight in an update. */
interface Updated {
  readonly plan: Plan;
  readonly size: number;
  readonly addresses: readonly number[];
  /** The norms that are known so far. */
  readonly norms: Map<FormulaNode, number>;
}

function updateWeights(
  context: KernelContext,
  rules: readonly UpdateRule[],
  shared: readonly number[],
  tensorsOf: (index: number) => readonly TensorInfo[],
): void {
  const plans = new Map(rules.map((rule) => [rule, undefined as Plan | undefined]));
  for (const rule of plans.keys()) plans.set(rule, planOf(rule));
  const weights = rules.map((rule, index): Updated => {
    const tensors = tensorsOf(index);
    const size = tf.util.sizeFromShape(tensors[0]!.shape);
    const addresses = tensors.map((tensor) => context.addressOf(tensor));
    return { plan: plans.get(rule)!, size, addresses, norms: new Map() };
  });
  const passes = Math.max(...weights.map(({ plan }) => plan.norms.length));
  for (let pass = 0; pass < passes; pass++) {
    const chosen = weights.filter(({ plan }) => plan.norms[pass] !== undefined);
    const sums = runPass(context, chosen, shared, ({ programs }) => programs[pass]!);
    chosen.forEach(({ plan, norms }, index) => {
      plan.norms[pass]!.forEach((norm, at) => norms.set(norm, Math.sqrt(sums[index]![at]!)));
    });
  }
  runPass(context, weights, shared, ({ programs }) => programs.at(-1)!);
}

function planOf(rule: UpdateRule): Plan {
  const norms = normsByPass(rule);
  const tensorCount = rule.slots.length + 2;
  return { norms, programs: [...norms.map((pass) => normsProgram(pass, tensorCount)), updateProgram(rule)] };
}

function runPass(
  context: KernelContext,
  weights: readonly Updated[],
  shared: readonly number[],
  programOf: (plan: Plan) => RuleProgram,
): number[][] {
  // Without norms the factors apply to the whole rule.
  const factorsOfPlan = new Map<Plan, Float32Array>();
  return runPrograms(
    context,
    weights.map(({ plan, size, addresses, norms }) => {
      const program = programOf(plan);
      const factors =
        factorsOfPlan.get(plan) ?? factorsOf(program, (formula) => scalarValue(formula, norms, shared));
      if (plan.norms.length === 0) factorsOfPlan.set(plan, factors);
      return { program, size, addresses, factors };
    }),
  );
}

/** Three a step. */
function factorsOf({ operations }: RuleProgram, valueOf: (formula: Formula) => number): Float32Array {
  const values = new Float32Array(3 * operations.length);
  operations.forEach(({ factors }, index) => values.set(factors.map(valueOf), 3 * index));
  return values;
}
