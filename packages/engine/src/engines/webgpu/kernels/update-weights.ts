import * as tf from '@tensorflow/tfjs-core';

import type { Scratch } from '../dispatch';
import type { WebgpuContext } from '../webgpu-context';

import { floats } from './wgsl';

const THREADS = 256;
/** Quads of values that a thread takes, of weights that are not huge. */
const QUADS_A_THREAD = 4;
const MOST_GROUPS = 4096;
/** Workgroups that sum a weight up: every workgroup of the update adds their sums. */
const MOST_SUMMING_GROUPS = 64;
/** 32-bit words of a `Part`. */
const PART_WORDS = 8;

/** A weight in an update. */
export interface UpdatedWeight {
  /** The weight, its gradient, its states. */
  readonly tensors: readonly tf.TensorInfo[];
  /** Default 0. */
  readonly decay?: number;
  /** Where its sums lie among those of all weights. */
  readonly firstSum?: number;
}

/** What each thread does with the weights that it has parts of. */
export interface WeightsShader {
  readonly label: string;
  /** Tells the code from that of all other shaders of the label. */
  readonly key: string;
  /** The tensors of a weight that the code names, `tensor0` and so on, and those of them that it assigns. */
  readonly read: readonly number[];
  readonly written: readonly number[];
  /** Numbers that the code names `constants[0]` and so on. */
  readonly constants: readonly number[];
  /** Statements before a weight's values, in uniform control flow: `part`, `thread` and `group`, its workgroup among the weight's, are there. */
  readonly before?: string;
  /** Statements on four values of each tensor at a time: `at` is their place. Outputs are assigned to `tensor0` and so on. */
  readonly statements: string;
  /** Statements after a weight's values, as `before`. */
  readonly after?: string;
  /** What all weights read, or write sums to, floats one by one. */
  readonly shared?: readonly SharedBinding[];
  /** True if a weight is summed up: its workgroups are few. */
  readonly sums?: boolean;
}

/** A tensor, or memory, of all weights. */
export interface SharedBinding {
  readonly name: string;
  readonly access: 'read' | 'read_write';
  readonly binding: tf.TensorInfo | Scratch;
}

/** Workgroups that sum up a weight of so many values. */
export const summingGroupsOf = (size: number): number => groupsOf(size, MOST_SUMMING_GROUPS);

/**
 * The weights of an update, and what ends it. They and their states are written in place, unless another tensor shares the data of one (a
 * clone, a view of another shape) and would see it change: then copies are written, which `finish` gives as the kernel's outputs.
 *
 * @param inputs `count` weights, their gradients, their first states and so on.
 */
export function updatedWeights(
  context: WebgpuContext,
  inputs: readonly tf.TensorInfo[],
  count: number,
): { weights: UpdatedWeight[]; finish: () => tf.TensorInfo[] } {
  const targets = inputs.filter((_, index) => index < count || index >= 2 * count);
  const inPlace = !targets.some((target) => context.isShared(target));
  const written = inPlace ? targets : targets.map((target) => copy(context, target));
  const kinds = Array.from({ length: written.length / count }, (_, kind) => kind * count);
  const weights = Array.from({ length: count }, (_, index): UpdatedWeight => {
    const [weight, ...states] = kinds.map((first) => written[first + index]!);
    return { tensors: [weight!, inputs[count + index]!, ...states] };
  });
  const finish = (): tf.TensorInfo[] => {
    if (!inPlace) return written;
    for (const target of targets) context.wroteInPlace(target);
    return [];
  };
  return { weights, finish };
}

/** Runs a shader on weights, as many in a dispatch as there are bindings for. */
export function runOnWeights(
  context: WebgpuContext,
  weights: readonly UpdatedWeight[],
  shader: WeightsShader,
): void {
  // Weights of similar sizes share a dispatch, so that few workgroups wait for the largest.
  const sorted = [...weights].sort((a, b) => sizeOf(b) - sizeOf(a));
  const bindings = context.limit('maxStorageBuffersPerShaderStage') - (shader.shared?.length ?? 0);
  const perDispatch = Math.max(1, Math.floor(bindings / boundTensors(shader).length));
  for (let first = 0; first < sorted.length; first += perDispatch) {
    dispatch(context, sorted.slice(first, first + perDispatch), shader);
  }
}

function dispatch(context: WebgpuContext, weights: readonly UpdatedWeight[], shader: WeightsShader): void {
  const { label, key, constants, shared = [], sums = false } = shader;
  const uniforms = new ArrayBuffer((weights.length * PART_WORDS + Math.ceil(constants.length / 4) * 4) * 4);
  const [integers, reals] = [new Uint32Array(uniforms), new Float32Array(uniforms)];
  let groupsBefore = 0;
  weights.forEach((weight, index) => {
    const size = sizeOf(weight);
    const groups = sums ? summingGroupsOf(size) : groupsOf(size, MOST_GROUPS);
    const words = [size, groupsBefore, groups, weight.firstSum ?? 0, summingGroupsOf(size)];
    integers.set(words, index * PART_WORDS);
    reals[index * PART_WORDS + words.length] = weight.decay ?? 0;
    groupsBefore += groups;
  });
  reals.set(constants, weights.length * PART_WORDS);
  context.dispatch({
    shader: { label, key: `${weights.length} of ${key}`, code: () => source(weights.length, shader) },
    bindings: [
      ...weights.flatMap(({ tensors }) => boundTensors(shader).map((index) => tensors[index]!)),
      ...shared.map(({ binding }) => binding),
    ],
    uniforms,
    workgroups: [groupsBefore, 1, 1],
  });
}

function source(count: number, shader: WeightsShader): string {
  const { read, written, constants, before = '', statements, after = '', shared = [] } = shader;
  const bound = boundTensors(shader);
  const indices = Array.from({ length: count }, (_, index) => index);
  const declarations = indices.flatMap((weight) =>
    bound.map((tensor, at) =>
      floats(
        weight * bound.length + at,
        written.includes(tensor) ? 'read_write' : 'read',
        `values${weight}_${tensor}`,
        true,
      ),
    ),
  );
  const sharedFirst = count * bound.length;
  const constantQuads = Math.ceil(constants.length / 4);
  return `
struct Part { size: u32, groupsBefore: u32, groups: u32, firstSum: u32, summingGroups: u32, decay: f32, unused: vec2u }
struct Sizes { parts: array<Part, ${count}>${constantQuads > 0 ? `, constants: array<vec4f, ${constantQuads}>` : ''} }
${declarations.join('\n')}
${shared.map(({ name, access }, at) => floats(sharedFirst + at, access, name, false)).join('\n')}
@group(0) @binding(${sharedFirst + shared.length}) var<uniform> sizes: Sizes;
var<workgroup> partial: array<f32, ${THREADS}>;

/** The sum of what the threads have, for all of them. */
fn total(thread: u32, value: f32) -> f32 {
  partial[thread] = value;
  workgroupBarrier();
  for (var half = ${THREADS / 2}u; half > 0u; half /= 2u) {
    if (thread < half) { partial[thread] += partial[thread + half]; }
    workgroupBarrier();
  }
  let sum = partial[0];
  workgroupBarrier();
  return sum;
}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  ${constants.length === 0 ? '' : `let constants = array<f32, ${constants.length}>(${constants.map((_, k) => `sizes.constants[${Math.floor(k / 4)}][${k % 4}]`).join(', ')});`}
  ${indices
    .map(
      (weight) => `
  if (workgroup.x >= sizes.parts[${weight}].groupsBefore${weight + 1 < count ? ` && workgroup.x < sizes.parts[${weight + 1}].groupsBefore` : ''}) {
    let part = sizes.parts[${weight}];
    let decay = part.decay;
    let group = workgroup.x - part.groupsBefore;
    ${before}
    for (var at = group * ${THREADS}u + thread; at * 4u < part.size; at += part.groups * ${THREADS}u) {
      ${read.map((tensor) => `${written.includes(tensor) ? 'var' : 'let'} tensor${tensor} = values${weight}_${tensor}[at];`).join(' ')}
      ${written.flatMap((tensor) => (read.includes(tensor) ? [] : [`var tensor${tensor}: vec4f;`])).join(' ')}
      ${statements}
      ${written.map((tensor) => `values${weight}_${tensor}[at] = tensor${tensor};`).join(' ')}
    }
    ${after}
  }`,
    )
    .join('\n')}
}`;
}

/** The tensors of a weight that have bindings: every one must be used by the code. */
function boundTensors({ read, written }: WeightsShader): number[] {
  return [...new Set([...read, ...written])].sort((a, b) => a - b);
}

function groupsOf(size: number, most: number): number {
  return Math.min(most, Math.ceil(size / (4 * THREADS * QUADS_A_THREAD)));
}

function sizeOf({ tensors }: UpdatedWeight): number {
  return tf.util.sizeFromShape(tensors[0]!.shape);
}

function copy(context: WebgpuContext, source: tf.TensorInfo): tf.TensorInfo {
  const target = context.output(source.shape);
  context.copy(source, target);
  return target;
}
