import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS } from '@zoo/core';

import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER, type KernelNumber } from '../kernel-number';
import { floatBits } from '../thread-pool';

import { fusedKernel } from './kernel-definition';

const BYTES = 4;
/** Values of one weight that a tile updates. */
const VALUES_A_TILE = 16384;

/** SGD with momentum on all weights in one pass. */
export const sgdUpdate = fusedKernel(
  FUSED_KERNELS.sgdUpdate,
  (context, inputs, { learningRate, momentum, nesterov, weightDecays, gradientScale }) => {
    return update(context, Object.values(inputs), KERNEL_NUMBER.sgd, weightDecays, [
      ...[floatBits(learningRate), floatBits(momentum), nesterov ? 1 : 0, floatBits(gradientScale)],
    ]);
  },
);

/** AdamW on all weights in one pass. */
export const adamWUpdate = fusedKernel(
  FUSED_KERNELS.adamWUpdate,
  (context, inputs, { learningRate, beta1, beta2, epsilon, step, weightDecays, gradientScale }) => {
    const corrections = [1 / (1 - beta1 ** step), 1 / (1 - beta2 ** step)];
    return update(
      context,
      Object.values(inputs),
      KERNEL_NUMBER.adamW,
      weightDecays,
      [learningRate, beta1, beta2, epsilon, gradientScale, ...corrections].map(floatBits),
    );
  },
);

/**
 * Updates weights and state in place, unless somebody else holds one of their data (a clone, a view of another shape), who would
 * see it change: then new tensors take the update and are returned.
 */
function update(
  context: KernelContext,
  inputs: readonly TensorInfo[],
  kernel: KernelNumber,
  weightDecays: readonly number[],
  parameters: readonly number[],
): TensorInfo[] {
  const count = weightDecays.length;
  const weights = inputs.slice(0, count);
  const gradients = inputs.slice(count, 2 * count);
  const states = inputs.slice(2 * count);
  const targets = [...weights, ...states];
  const inPlace = targets.every(({ dataId }) => context.backend.refCount(dataId) <= 1);
  const written = inPlace ? targets : targets.map((target) => copy(context, target));
  const tables = tileTables(context, written, gradients, weightDecays);
  context.withIntegers(tables.flat(), (table) =>
    context.pool.run(kernel, tables.length, [table, ...parameters]),
  );
  if (inPlace) for (const target of targets) context.wroteInPlace(target);
  return inPlace ? [] : written;
}

/** The table of assembly/optimizer.ts: count, decay, weight, gradient, first and second state of each tile. */
function tileTables(
  context: KernelContext,
  targets: readonly TensorInfo[],
  gradients: readonly TensorInfo[],
  weightDecays: readonly number[],
): number[][] {
  const count = gradients.length;
  return gradients.flatMap((gradient, index) => {
    const size = tf.util.sizeFromShape(gradient.shape);
    const addresses = [targets[index]!, gradient, targets[count + index]!].map((tensor) =>
      context.addressOf(tensor),
    );
    const second = targets[2 * count + index];
    addresses.push(second === undefined ? 0 : context.addressOf(second));
    return Array.from({ length: Math.ceil(size / VALUES_A_TILE) }, (_, tile) => {
      const start = tile * VALUES_A_TILE;
      return [
        Math.min(VALUES_A_TILE, size - start),
        floatBits(weightDecays[index]!),
        ...addresses.map((address) => address + start * BYTES),
      ];
    });
  });
}

function copy(context: KernelContext, source: TensorInfo): TensorInfo {
  const target = context.output(source.shape);
  context.floatsOf(target).set(context.floatsOf(source));
  return target;
}
