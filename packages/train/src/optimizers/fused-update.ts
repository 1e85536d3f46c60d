import * as tf from '@tensorflow/tfjs-core';
import { hasFusedKernel, type FusedKernelName } from '@zoo/core';

/** A call of a fused update kernel. */
export interface FusedUpdate {
  kernel: FusedKernelName;
  /** In the order the kernel's contract names. */
  inputs: readonly tf.Tensor[];
  attributes: Readonly<Record<string, number | boolean | number[]>>;
  /** What the kernel updates in place, or what its outputs are the new values of. */
  targets: readonly tf.Variable[];
}

/** Updates all weights in one kernel call and returns true, or returns false where the current backend has no such kernel. */
export function runFusedUpdate({ kernel, inputs, attributes, targets }: FusedUpdate): boolean {
  if (!hasFusedKernel(kernel)) return false;
  tf.tidy(() => {
    targets.forEach(ownItsMemory);
    // As tf.concat does: the kernel takes an array where the types say a map.
    const outputs = tf
      .engine()
      .runKernel<tf.Tensor[]>(kernel, inputs as unknown as tf.NamedTensorMap, { ...attributes });
    outputs.forEach((output, index) => targets[index]!.assign(output));
  });
  return true;
}

/**
 * Gives a variable a copy of its values if another tensor shares them: an update in place would change that one too.
 * `model.setWeights`, `clone` and `assign` all share.
 */
function ownItsMemory(variable: tf.Variable): void {
  if (tf.backend().refCount(variable.dataId) > 1) variable.assign(tf.mul(variable, 1));
}
