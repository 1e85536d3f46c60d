import type * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS } from '@zoo/core';

import { InPlaceVariables } from '../in-place';
import { attributeList, withScalars, type OperationAttributes } from '../operation';
import type { TensorFlowBackend } from '../tensorflow-backend';

import { fusedKernel } from './tensorflow-kernel';

/**
 * SGD with momentum, in place: TensorFlow's ResourceApplyMomentum, whose rule is the contract's, for each weight; weight decay
 * enters through the velocity, `velocity += weightDecay / momentum * weight`, so that it costs one pass more and no copy.
 */
export const sgdUpdateKernel = fusedKernel(
  FUSED_KERNELS.sgdUpdate,
  (backend, inputs, { learningRate, momentum, nesterov, weightDecays, gradientScale }) => {
    updateAll(backend, Object.values(inputs), 3, ([weight, gradient, velocity], index, variables) => {
      const decay = weightDecays[index]!;
      // The shortcut through the velocity needs a momentum, and Nesterov's step a whole gradient.
      const entersVelocity = decay !== 0 && momentum > 0 && !nesterov;
      if (entersVelocity) addToVelocity(backend, variables, velocity!, weight!, decay / momentum);
      withGradient(backend, [weight!, gradient!], gradientScale, entersVelocity ? 0 : decay, (gradientId) => {
        variables.update([weight!, velocity!], ([weightResource, velocityResource]) => {
          withScalars(backend, [learningRate, momentum], ([rate, share]) => {
            const ids = [weightResource!, velocityResource!, rate!, gradientId, share!];
            apply(backend, 'ResourceApplyMomentum', ids, { use_nesterov: nesterov });
          });
        });
      });
    });
    return [];
  },
);

/** AdamW, in place: TensorFlow's ResourceApplyAdam for each weight, its epsilon scaled to stand after the bias correction. */
export const adamWUpdateKernel = fusedKernel(
  FUSED_KERNELS.adamWUpdate,
  (backend, inputs, { learningRate, beta1, beta2, epsilon, step, weightDecays, gradientScale }) => {
    // In double precision; in the operation's own float32 1 - beta2 ** step would keep five digits at the first step.
    const secondRoot = Math.sqrt(1 - beta2 ** step);
    const rate = (learningRate * secondRoot) / (1 - beta1 ** step);
    updateAll(backend, Object.values(inputs), 4, ([weight, gradient, first, second], index, variables) => {
      const decay = weightDecays[index]!;
      if (decay !== 0) shrink(backend, weight!, 1 - learningRate * decay);
      withGradient(backend, [weight!, gradient!], gradientScale, 0, (gradientId) => {
        variables.update([weight!, first!, second!], (resources) => {
          withScalars(backend, [0, 0, rate, beta1, beta2, epsilon * secondRoot], (scalars) => {
            const ids = [...resources, ...scalars, gradientId];
            apply(backend, 'ResourceApplyAdam', ids, { use_nesterov: false });
          });
        });
      });
    });
    return [];
  },
);

/** Calls `update` for each weight with its tensors: the contract's array holds all weights, then all gradients, and so on. */
function updateAll(
  backend: TensorFlowBackend,
  all: readonly tf.TensorInfo[],
  tensorsPerWeight: number,
  update: (tensors: readonly tf.TensorInfo[], index: number, variables: InPlaceVariables) => void,
): void {
  const count = all.length / tensorsPerWeight;
  const variables = new InPlaceVariables(backend, tensorsPerWeight - 1);
  try {
    for (let index = 0; index < count; index++) {
      const tensors = Array.from({ length: tensorsPerWeight }, (_, kind) => all[kind * count + index]!);
      update(tensors, index, variables);
    }
  } finally {
    variables.dispose();
  }
}

/** `velocity += share * weight`, in place. */
function addToVelocity(
  backend: TensorFlowBackend,
  variables: InPlaceVariables,
  velocity: tf.TensorInfo,
  weight: tf.TensorInfo,
  share: number,
): void {
  const [weightId] = backend.getInputTensorIds([weight]);
  variables.update([velocity], ([resource]) => {
    withScalars(backend, [-share], ([factor]) => {
      apply(backend, 'ResourceApplyGradientDescent', [resource!, factor!, weightId!]);
    });
  });
}

/** `tensor *= factor`: the tensor's data id gets a new tensor of the binding. */
function shrink(backend: TensorFlowBackend, tensor: tf.TensorInfo, factor: number): void {
  const [id] = backend.getInputTensorIds([tensor]);
  const [product] = withScalars(backend, [factor], ([factorId]) =>
    backend.binding.executeOp('Mul', attributeList(backend, {}), [id!, factorId!], 1),
  );
  backend.binding.deleteTensor(id!);
  backend.tensorMap.get(tensor.dataId).id = product!.id;
}

/** Runs `use` with the id of `scale * gradient + decay * weight`. */
function withGradient(
  backend: TensorFlowBackend,
  [weight, gradient]: readonly [tf.TensorInfo, tf.TensorInfo],
  scale: number,
  decay: number,
  use: (gradientId: number) => void,
): void {
  const { binding } = backend;
  const [weightId, gradientInput] = backend.getInputTensorIds([weight, gradient]);
  const made: number[] = [];
  const run = (operation: string, ids: number[]): number => {
    const [output] = binding.executeOp(operation, attributeList(backend, {}), ids, 1);
    made.push(output!.id);
    return output!.id;
  };
  withScalars(backend, [scale, decay], ([scaleId, decayId]) => {
    let gradientId = gradientInput!;
    if (scale !== 1) gradientId = run('Mul', [gradientId, scaleId!]);
    if (decay !== 0) gradientId = run('AddV2', [gradientId, run('Mul', [weightId!, decayId!])]);
    use(gradientId);
  });
  made.forEach((id) => {
    binding.deleteTensor(id);
  });
}

function apply(
  backend: TensorFlowBackend,
  operation: string,
  ids: readonly number[],
  attributes: OperationAttributes = {},
): void {
  backend.binding.executeOp(operation, attributeList(backend, { use_locking: false, ...attributes }), ids, 0);
}
