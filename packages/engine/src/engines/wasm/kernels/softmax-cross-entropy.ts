import { FUSED_KERNELS } from '@zoo/core';

import { fusedKernel } from './kernel-definition';

/**
 * Softmax cross-entropy with its gradient.
 *
 * A batch's logits are a few thousand numbers: JavaScript's double-precision exponentials on tfjs's memory cost less than a
 * thread's wake-up would save.
 */
export const softmaxCrossEntropy = fusedKernel(
  FUSED_KERNELS.softmaxCrossEntropy,
  (context, { logits, labels }) => {
    const [size, classes] = logits.shape as [number, number];
    const [loss, gradient] = [context.output([size]), context.output([size, classes])];
    // Views are taken after the outputs exist: an allocation may grow the memory.
    const values = { x: context.floatsOf(logits), y: context.floatsOf(labels) };
    const [losses, gradients] = [context.floatsOf(loss), context.floatsOf(gradient)];
    for (let n = 0; n < size; n++) {
      const row = [n * classes, (n + 1) * classes] as const;
      losses[n] = crossEntropyOfRow(
        values.x.subarray(...row),
        values.y.subarray(...row),
        gradients.subarray(...row),
      );
    }
    return [loss, gradient];
  },
);

/** One example's loss; its gradient goes to `gradient`. */
function crossEntropyOfRow(logits: Float32Array, labels: Float32Array, gradient: Float32Array): number {
  let largest = -Infinity;
  for (const logit of logits) largest = Math.max(largest, logit);
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - largest);
  const logTotal = Math.log(total);
  let loss = 0;
  for (let k = 0; k < logits.length; k++) {
    const logProbability = logits[k]! - largest - logTotal;
    const label = labels[k]!;
    if (label !== 0) loss -= label * logProbability;
    gradient[k] = Math.exp(logProbability) - label;
  }
  return loss;
}
