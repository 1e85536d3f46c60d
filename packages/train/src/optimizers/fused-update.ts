import * as tf from '@tensorflow/tfjs-core';
import { hasFusedKernel, runFusedKernel, type FUSED_KERNELS, type FusedKernel } from '@zoo/core';

import type { SlottedParameter } from './slots';

type FusedUpdateName = (typeof FUSED_KERNELS)['sgdUpdate' | 'adamWUpdate' | 'ruleUpdate'];

/** A call of a fused update kernel: on weights, their gradients and their state, which it updates in place or gives the new values of. */
export interface FusedUpdate<Name extends FusedUpdateName> {
  kernel: Name;
  slotted: readonly SlottedParameter[];
  attributes: FusedKernel<Name>['attributes'];
  /** Numbers that all weights share, []. Default none. */
  shared?: readonly tf.Tensor[];
}

/** Updates all weights in one kernel call and returns true, or returns false where the current backend has no such kernel. */
export function runFusedUpdate<Name extends FusedUpdateName>({
  kernel,
  slotted,
  attributes,
  shared = [],
}: FusedUpdate<Name>): boolean {
  if (!hasFusedKernel(kernel)) return false;
  const weights = slotted.map(({ variable }) => variable);
  const gradients = slotted.map(({ gradient }) => gradient);
  const states = slotted[0]!.slots.flatMap((_, slot) => slotted.map(({ slots }) => slots[slot]!));
  const targets = [...weights, ...states];
  tf.tidy(() => {
    targets.forEach(ownItsMemory);
    const inputs = [...weights, ...gradients, ...states, ...shared];
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
