import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS } from '@zoo/core';

import type { WebgpuContext } from '../webgpu-context';
import { fusedKernel } from '../webgpu-kernel';

import { floats } from './wgsl';

const THREADS = 256;
/** Quads of values that a thread updates. */
const QUADS_A_THREAD = 4;

/** How an optimizer changes a weight. */
interface Rule {
  readonly label: string;
  /** Tensors a weight has beside its gradient. */
  readonly states: number;
  /** Statements that change `weight` and `state0`, `state1`, from `gradient`, `decay` and `constants`, four values at once. */
  readonly statements: string;
  readonly constants: readonly number[];
}

/** SGD with momentum. */
export const sgdUpdate = fusedKernel(
  FUSED_KERNELS.sgdUpdate,
  (context, inputs, { learningRate, momentum, nesterov, weightDecays, gradientScale }) => {
    return update(context, Object.values(inputs), weightDecays, {
      label: nesterov ? 'sgd, nesterov' : 'sgd',
      states: 1,
      statements: `
      let decayed = gradient * constants[0] + decay * weight;
      state0 = constants[1] * state0 + decayed;
      weight -= constants[2] * (${nesterov ? 'decayed + constants[1] * state0' : 'state0'});`,
      constants: [gradientScale, momentum, learningRate],
    });
  },
);

/** AdamW. */
export const adamWUpdate = fusedKernel(
  FUSED_KERNELS.adamWUpdate,
  (context, inputs, { learningRate, beta1, beta2, epsilon, step, weightDecays, gradientScale }) => {
    return update(context, Object.values(inputs), weightDecays, {
      label: 'adamW',
      states: 2,
      statements: `
      let scaled = gradient * constants[0];
      state0 = constants[1] * state0 + constants[2] * scaled;
      state1 = constants[3] * state1 + constants[4] * scaled * scaled;
      let change = state0 * constants[5] / (sqrt(state1 * constants[6]) + constants[7]);
      weight -= constants[8] * (decay * weight + change);`,
      constants: [
        ...[gradientScale, beta1, 1 - beta1, beta2, 1 - beta2],
        ...[1 / (1 - beta1 ** step), 1 / (1 - beta2 ** step), epsilon, learningRate],
      ],
    });
  },
);

/** A weight with all that an update reads and writes. */
interface Updated {
  /** The weight and its states. */
  readonly targets: readonly tf.TensorInfo[];
  readonly gradient: tf.TensorInfo;
  readonly decay: number;
}

/**
 * Updates weights and state in place, as many in a dispatch as there are bindings for, unless somebody else holds one of their data (a
 * clone, a view of another shape), who would see it change: then new tensors take the update and are returned.
 */
function update(
  context: WebgpuContext,
  inputs: readonly tf.TensorInfo[],
  weightDecays: readonly number[],
  rule: Rule,
): tf.TensorInfo[] {
  const count = weightDecays.length;
  const targets = [...inputs.slice(0, count), ...inputs.slice(2 * count)];
  const inPlace = targets.every((target) => !context.isShared(target));
  const written = inPlace ? targets : targets.map((target) => copy(context, target));
  const updated = weightDecays.map((decay, index): Updated => ({
    targets: Array.from({ length: rule.states + 1 }, (_, k) => written[k * count + index]!),
    gradient: inputs[count + index]!,
    decay,
  }));
  // Weights of similar sizes share a dispatch, so that few workgroups wait for the largest.
  updated.sort((a, b) => tf.util.sizeFromShape(b.gradient.shape) - tf.util.sizeFromShape(a.gradient.shape));
  const perDispatch = Math.floor(context.limit('maxStorageBuffersPerShaderStage') / (rule.states + 2));
  for (let first = 0; first < count; first += perDispatch) {
    dispatchUpdate(context, updated.slice(first, first + perDispatch), rule);
  }
  if (!inPlace) return written;
  for (const target of targets) context.wroteInPlace(target);
  return [];
}

function dispatchUpdate(context: WebgpuContext, weights: readonly Updated[], rule: Rule): void {
  const quads = weights.map(({ gradient }) => Math.ceil(tf.util.sizeFromShape(gradient.shape) / 4));
  const groups = quads.map((count) => Math.ceil(count / (THREADS * QUADS_A_THREAD)));
  const uniforms = new ArrayBuffer((weights.length + CONSTANT_QUADS) * 16);
  const integers = new Uint32Array(uniforms);
  const reals = new Float32Array(uniforms);
  let groupsBefore = 0;
  weights.forEach(({ decay }, index) => {
    integers.set([quads[index]!, groupsBefore], index * 4);
    reals[index * 4 + 2] = decay;
    groupsBefore += groups[index]!;
  });
  reals.set(rule.constants, weights.length * 4);
  context.dispatch({
    shader: {
      label: rule.label,
      key: `${rule.label} of ${weights.length}`,
      code: () => updateSource(weights.length, rule),
    },
    bindings: weights.flatMap(({ targets, gradient }) => [gradient, ...targets]),
    uniforms,
    workgroups: [groupsBefore, 1, 1],
  });
}

/** Room for a rule's constants, in vec4s. */
const CONSTANT_QUADS = 3;

/** Each workgroup finds the weight whose part it updates. */
function updateSource(weights: number, { states, statements, constants }: Rule): string {
  const perWeight = states + 2;
  const indices = Array.from({ length: weights }, (_, index) => index);
  const stateIndices = Array.from({ length: states }, (_, index) => index);
  return `
struct Part { quads: u32, groupsBefore: u32, decay: f32, unused: u32 }
struct Sizes { parts: array<Part, ${weights}>, constants: array<vec4f, ${CONSTANT_QUADS}> }
${indices
  .map((w) =>
    [
      floats(w * perWeight, 'read', `gradient${w}`, true),
      floats(w * perWeight + 1, 'read_write', `weight${w}`, true),
      ...stateIndices.map((s) => floats(w * perWeight + 2 + s, 'read_write', `state${w}_${s}`, true)),
    ].join('\n'),
  )
  .join('\n')}
@group(0) @binding(${weights * perWeight}) var<uniform> sizes: Sizes;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let constants = array<f32, ${constants.length}>(${constants.map((_, k) => `sizes.constants[${Math.floor(k / 4)}][${k % 4}]`).join(', ')});
  ${indices
    .map(
      (w) => `
  if (group.x >= sizes.parts[${w}].groupsBefore${w + 1 < weights ? ` && group.x < sizes.parts[${w + 1}].groupsBefore` : ''}) {
    let decay = sizes.parts[${w}].decay;
    let first = (group.x - sizes.parts[${w}].groupsBefore) * ${THREADS * QUADS_A_THREAD}u + thread;
    for (var part = 0u; part < ${QUADS_A_THREAD}u; part++) {
      let at = first + part * ${THREADS}u;
      if (at >= sizes.parts[${w}].quads) { break; }
      let gradient = gradient${w}[at];
      var weight = weight${w}[at];
      ${stateIndices.map((s) => `var state${s} = state${w}_${s}[at];`).join(' ')}
      ${statements}
      weight${w}[at] = weight;
      ${stateIndices.map((s) => `state${w}_${s}[at] = state${s};`).join(' ')}
    }
  }`,
    )
    .join('\n')}
}`;
}

function copy(context: WebgpuContext, source: tf.TensorInfo): tf.TensorInfo {
  const target = context.output(source.shape);
  context.copy(source, target);
  return target;
}
