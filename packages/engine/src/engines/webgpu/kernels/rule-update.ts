import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS, type FormulaNode, type UpdateRule } from '@zoo/core';

import { normsByPass, operandsOf } from '../../../kernels/formula-graph';
import type { Scratch } from '../dispatch';
import type { WebgpuContext } from '../webgpu-context';
import { fusedKernel } from '../webgpu-kernel';

import { FormulaShader } from './formula-shader';
import {
  runOnWeights,
  summingGroupsOf,
  updatedWeights,
  type SharedBinding,
  type UpdatedWeight,
} from './update-weights';

const LABEL = 'update by formulas';

/** A step of a rule given as formulas: one pass over all weights, after one for norms where it has such. */
export const ruleUpdate = fusedKernel(FUSED_KERNELS.ruleUpdate, (context, inputs, { rules }) => {
  const all = Object.values(inputs);
  const count = rules.length;
  const afterAll = count * (rules[0]!.slots.length + 2);
  const { weights, finish } = updatedWeights(context, all.slice(0, afterAll), count);
  const byRule = new Map<UpdateRule, UpdatedWeight[]>();
  rules.forEach((rule, index) => byRule.set(rule, [...(byRule.get(rule) ?? []), weights[index]!]));
  for (const [rule, ofRule] of byRule) updateByRule(context, rule, ofRule, all.slice(afterAll));
  return finish();
});

function updateByRule(
  context: WebgpuContext,
  rule: UpdateRule,
  weights: readonly UpdatedWeight[],
  shared: readonly tf.TensorInfo[],
): void {
  const passes = normsByPass(rule);
  const norms = passes.flat();
  const { placed, count } = withSums(weights);
  const parts: PassParts = {
    weights: placed,
    sumCount: count,
    places: new Map(norms.map((norm, index) => [norm, index])),
    sums: norms.length === 0 ? undefined : context.scratch(4 * norms.length * count),
    shared,
  };
  for (const pass of passes) sumSquares(context, pass, parts);
  const shader = new FormulaShader(parts.places);
  const values = [rule.weight, ...rule.slots].map((formula) => shader.vector(formula));
  const targets = values.map((_, index) => (index === 0 ? 0 : index + 1));
  runPass(context, shader, parts, {
    written: targets,
    statements: targets.map((target, index) => `tensor${target} = ${values[index]!};`),
  });
}

/** Gives each weight a place for the sums of its workgroups. */
function withSums(weights: readonly UpdatedWeight[]): { placed: UpdatedWeight[]; count: number } {
  let count = 0;
  const placed = weights.map((weight): UpdatedWeight => {
    const firstSum = count;
    count += summingGroupsOf(tf.util.sizeFromShape(weight.tensors[0]!.shape));
    return { ...weight, firstSum };
  });
  return { placed, count };
}

/** What the passes of a rule share. */
interface PassParts {
  readonly weights: readonly UpdatedWeight[];
  /** Sums of a norm, those of all weights. */
  readonly sumCount: number;
  readonly places: ReadonlyMap<FormulaNode, number>;
  /** The sums of each norm in turn; undefined for a rule without norms. */
  readonly sums: Scratch | undefined;
  readonly shared: readonly tf.TensorInfo[];
}

/** Sums the squares of what norms are of, a sum for each workgroup. */
function sumSquares(context: WebgpuContext, norms: readonly FormulaNode[], parts: PassParts): void {
  const shader = new FormulaShader(parts.places);
  const values = norms.map((norm) => shader.vector(operandsOf(norm)[0]!));
  runPass(context, shader, parts, {
    before: [`var summed = array<f32, ${norms.length}>();`],
    // Buffers are whole quads long: what lies beyond the last value does not count.
    statements: values.flatMap((value, index) => [
      `let counted${index} = select(vec4f(0.0), ${value}, vec4u(4u * at) + vec4u(0u, 1u, 2u, 3u) < vec4u(part.size));`,
      `summed[${index}] += dot(counted${index}, counted${index});`,
    ]),
    after: norms.flatMap((norm, index) => [
      `let sum${index} = total(thread, summed[${index}]);`,
      `if (thread == 0u) { ${sumOf(parts, shader, parts.places.get(norm)!, 'group')} = sum${index}; }`,
    ]),
  });
}

/** The sum of a norm that a workgroup of its weight has made. */
function sumOf({ sumCount }: PassParts, shader: FormulaShader, place: number, group: string): string {
  return `sums[${place}u * u32(${shader.constant(sumCount)}) + part.firstSum + ${group}]`;
}

/** What a pass does beside the formulas' own statements. */
interface PassCode {
  readonly written?: readonly number[];
  readonly before?: readonly string[];
  readonly statements: readonly string[];
  readonly after?: readonly string[];
}

function runPass(
  context: WebgpuContext,
  shader: FormulaShader,
  parts: PassParts,
  { written = [], before = [], statements, after = [] }: PassCode,
): void {
  const isSum = written.length === 0;
  const knownNorms = [...shader.norms].flatMap((place) => [
    `var part${place} = 0.0;`,
    `if (thread < part.summingGroups) { part${place} = ${sumOf(parts, shader, place, 'thread')}; }`,
    `let norm${place} = sqrt(total(thread, part${place}));`,
  ]);
  const shared = [...shader.shared].map((index): SharedBinding => ({
    name: `shared${index}`,
    access: 'read',
    binding: parts.shared[index]!,
  }));
  if (parts.sums !== undefined && (isSum || knownNorms.length > 0)) {
    shared.push({ name: 'sums', access: isSum ? 'read_write' : 'read', binding: parts.sums });
  }
  const read = [...shader.tensors];
  const code = {
    before: [...knownNorms, ...before].join('\n'),
    statements: [
      ...read.map((index) => `let before${index} = tensor${index};`),
      ...shader.statements,
      ...statements,
    ].join('\n'),
    after: after.join('\n'),
  };
  runOnWeights(context, parts.weights, {
    label: LABEL,
    key: `${LABEL}: ${Object.values(code).join()}`,
    read,
    written,
    constants: shader.constants,
    ...code,
    shared,
    sums: isSum,
  });
}
