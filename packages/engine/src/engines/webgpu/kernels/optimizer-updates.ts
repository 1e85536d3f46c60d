import type * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS } from '@zoo/core';

import type { WebgpuContext } from '../webgpu-context';
import { fusedKernel } from '../webgpu-kernel';

import { runOnWeights, updatedWeights } from './update-weights';

/** How an optimizer changes a weight. */
interface Rule {
  readonly label: string;
  /** Tensors a weight has beside its gradient. */
  readonly states: number;
  /** Statements that change the weight `tensor0` and its states, from `tensor2` on; `tensor1` is the gradient. */
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
      let decayed = tensor1 * constants[0] + decay * tensor0;
      tensor2 = constants[1] * tensor2 + decayed;
      tensor0 -= constants[2] * (${nesterov ? 'decayed + constants[1] * tensor2' : 'tensor2'});`,
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
      let scaled = tensor1 * constants[0];
      tensor2 = constants[1] * tensor2 + constants[2] * scaled;
      tensor3 = constants[3] * tensor3 + constants[4] * scaled * scaled;
      let change = tensor2 * constants[5] / (sqrt(tensor3 * constants[6]) + constants[7]);
      tensor0 -= constants[8] * (decay * tensor0 + change);`,
      constants: [
        ...[gradientScale, beta1, 1 - beta1, beta2, 1 - beta2],
        ...[1 / (1 - beta1 ** step), 1 / (1 - beta2 ** step), epsilon, learningRate],
      ],
    });
  },
);

/** Updates weights and state in place, or gives new ones: see {@link updatedWeights}. */
function update(
  context: WebgpuContext,
  inputs: readonly tf.TensorInfo[],
  weightDecays: readonly number[],
  { label, states, statements, constants }: Rule,
): tf.TensorInfo[] {
  const { weights, finish } = updatedWeights(context, inputs, weightDecays.length);
  const ofStates = Array.from({ length: states }, (_, index) => index + 2);
  runOnWeights(
    context,
    weights.map((weight, index) => ({ ...weight, decay: weightDecays[index]! })),
    { label, key: label, read: [0, 1, ...ofStates], written: [0, ...ofStates], statements, constants },
  );
  return finish();
}
