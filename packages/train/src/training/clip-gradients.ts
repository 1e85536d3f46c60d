import * as tf from '@tensorflow/tfjs-core';
import { ArgumentError } from '@zoo/core';

import type { ClippingBounds } from '../fit-options';

/** Throws ArgumentError unless exactly one bound is set. */
export function expectOneBound(clipping: ClippingBounds): void {
  if ((clipping.globalNorm === undefined) !== (clipping.value === undefined)) return;
  throw new ArgumentError('options.clipGradients', 'either globalNorm or value', clipping);
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
 * Gradients times `scale` with each element cut to its bounds, if there are any.
 *
 * @returns The gradients and what they are still to be multiplied by. The gradients may be the ones given; new ones die
 *   with the caller's tidy.
 */
export function clipValues(
  gradients: readonly (tf.Tensor | undefined)[],
  scale: number,
  clipping: ClippingBounds | undefined,
): { gradients: readonly (tf.Tensor | undefined)[]; scale: number } {
  if (clipping?.value === undefined) return { gradients, scale };
  const bound = clipping.value;
  const clipped = gradients.map((gradient) =>
    gradient === undefined ? undefined : tf.clipByValue(tf.mul(gradient, scale), -bound, bound),
  );
  return { gradients: clipped, scale: 1 };
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
