import * as tf from '@tensorflow/tfjs-core';
import { ArgumentError } from '@zoo/core';

import type { ClippingBounds } from '../fit-options';

import type { RunWeight } from './run-weights';

/** Throws ArgumentError unless exactly one bound is set. */
export function expectOneBound(clipping: ClippingBounds): void {
  const bounds = [clipping.globalNorm, clipping.value, clipping.adaptive];
  if (bounds.filter((bound) => bound !== undefined).length === 1) return;
  throw new ArgumentError('options.clipGradients', 'one of globalNorm, value and adaptive', clipping);
}

/**
 * What summed gradients are to be multiplied by: `scale`, made smaller where the norm over all of them would be above its bound.
 *
 * The norm is read asynchronously: TensorFlow.js' WebGPU backend has been seen to give zeros for synchronous reads.
 */
export async function scaleWithinNorm(
  gradients: readonly (tf.Tensor | undefined)[],
  scale: number,
  clipping: ClippingBounds | undefined,
): Promise<number> {
  if (clipping?.globalNorm === undefined) return scale;
  const norm = scale * (await globalNorm(gradients));
  return norm > clipping.globalNorm ? (scale * clipping.globalNorm) / norm : scale;
}

/**
 * Gradients times `scale` with each element, or each unit's norm, within its bounds, if there are any.
 *
 * @param parameters What the gradients are of.
 *
 * @returns The gradients and what they are still to be multiplied by. The gradients may be the ones given; new ones die
 *   with the caller's tidy.
 */
export function clipValues(
  gradients: readonly (tf.Tensor | undefined)[],
  scale: number,
  clipping: ClippingBounds | undefined,
  parameters: readonly ClippedParameter[],
): { gradients: readonly (tf.Tensor | undefined)[]; scale: number } {
  const { value, adaptive } = clipping ?? {};
  if (value === undefined && adaptive === undefined) return { gradients, scale };
  const clipped = gradients.map((gradient, index) => {
    if (gradient === undefined) return undefined;
    const scaled = tf.mul(gradient, scale);
    if (value !== undefined) return tf.clipByValue(scaled, -value, value);
    const { name, variable, isOfLastLayer } = parameters[index]!;
    return isOfLastLayer ? scaled : clippedByUnit(scaled, { name, variable, share: adaptive! });
  });
  return { gradients: clipped, scale: 1 };
}

/** A weight as adaptive clipping sees it. */
interface ClippedParameter {
  readonly name: string;
  readonly variable: tf.Tensor;
  readonly isOfLastLayer: boolean;
}

/** Weights of a smaller norm count as of this one, so that zeros can learn. */
const SMALLEST_NORM = 1e-3;

function clippedByUnit(
  gradient: tf.Tensor,
  { name, variable, share }: { name: string; variable: tf.Tensor; share: number },
): tf.Tensor {
  const norm = unitNorms(gradient, name);
  const bound = tf.mul(tf.maximum(unitNorms(variable, name), SMALLEST_NORM), share);
  const factor = tf.where(tf.less(norm, bound), tf.onesLike(norm), tf.div(bound, tf.maximum(norm, 1e-6)));
  return tf.mul(gradient, factor);
}

/** The norm of what makes one output; of a bias or a norm's scales, the norm of all. */
function unitNorms(values: tf.Tensor, name: string): tf.Tensor {
  const { rank } = values;
  if (rank <= 1) return tf.norm(values);
  // The last two axes of a depthwise kernel count its outputs, of others the last does.
  const outputs = name.endsWith('depthwise_kernel') ? 2 : 1;
  const axes = Array.from({ length: rank - outputs }, (_, axis) => axis);
  return tf.sqrt(tf.sum(tf.square(values), axes, true));
}

/** Each parameter with whether it belongs to the model's last layer with weights. */
export function clippedParameters(
  parameters: readonly RunWeight[],
  weights: readonly RunWeight[],
): ClippedParameter[] {
  const layerOf = (name: string): string => name.slice(0, name.lastIndexOf('/'));
  const last = layerOf(weights.at(-1)!.name);
  return parameters.map(({ name, variable }) => ({ name, variable, isOfLastLayer: layerOf(name) === last }));
}

/** The Euclidean norm over all elements of all gradients. */
async function globalNorm(gradients: readonly (tf.Tensor | undefined)[]): Promise<number> {
  const norm = tf.tidy(() => {
    const squares = gradients.flatMap((gradient) =>
      gradient === undefined ? [] : [tf.sum(tf.square(gradient))],
    );
    return tf.sqrt(tf.addN(squares));
  });
  try {
    const [value = Number.NaN] = await norm.data<'float32'>();
    return value;
  } finally {
    norm.dispose();
  }
}
