import * as tf from '@tensorflow/tfjs-core';
import { hasFusedKernel, runFusedKernel, type FUSED_KERNELS, type FusedKernel } from '@zoo/core';

type FusedUpdateName = (typeof FUSED_KERNELS)['sgdUpdate' | 'adamWUpdate' | 'ruleUpdate'];

/** A call of a fused update kernel. */
export interface FusedUpdate<Name extends FusedUpdateName> {
  kernel: Name;
  /** In the order the kernel's contract names. */
  inputs: readonly tf.Tensor[];
  attributes: FusedKernel<Name>['attributes'];
  /** What the kernel updates in place, or what its outputs are the new values of. */
  targets: readonly tf.Variable[];
}

/** Updates all weights in one kernel call and returns true, or returns false where the current backend has no such kernel. */
export function runFusedUpdate<Name extends FusedUpdateName>({
  kernel,
  inputs,
  attributes,
  targets,
}: FusedUpdate<Name>): boolean {
  if (!hasFusedKernel(kernel)) return false;
  tf.tidy(() => {
    targets.forEach(ownItsMemory);
    const outputs: tf.Tensor[] = runFusedKernel(kernel, inputs, attributes);
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
