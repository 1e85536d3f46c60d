import * as tf from '@tensorflow/tfjs';
import { FUSED_KERNELS } from '@zoo/core';

import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER } from '../kernel-number';
import { floatBits } from '../thread-pool';

import { inputsOf, type KernelDefinition } from './kernel-definition';

/** Layout shared with assembly/elementwise.ts. */
const VALUES_A_TILE = 16384;

/** Tiles of an operation on `count` values. */
export function elementTiles(count: number): number {
  return Math.ceil(count / VALUES_A_TILE);
}

/** Sets every value of a tensor. */
export function fill(context: KernelContext, target: TensorInfo, value: number): void {
  const count = tf.util.sizeFromShape(target.shape);
  context.pool.run(KERNEL_NUMBER.fill, elementTiles(count), [
    count,
    context.addressOf(target),
    floatBits(value),
  ]);
}

/** The sum of two tensors of one shape, as in a residual block; broadcasting stays tfjs's. */
export const add: KernelDefinition = {
  name: 'Add',
  compute(context, call) {
    const { a, b } = inputsOf<'a' | 'b'>(call);
    if (a.dtype !== 'float32' || b.dtype !== 'float32' || !tf.util.arraysEqual(a.shape, b.shape))
      return undefined;
    const sum = context.output(a.shape);
    const count = tf.util.sizeFromShape(a.shape);
    context.pool.run(KERNEL_NUMBER.add, elementTiles(count), [
      count,
      ...[a, b, sum].map((tensor) => context.addressOf(tensor)),
    ]);
    return sum;
  },
};

/** Another tensor of the same data: tfjs's own kernel copies them, at each clone and each value saved for a gradient. */
export const identity: KernelDefinition = {
  name: 'Identity',
  compute(context, call) {
    const { dataId, shape, dtype } = inputsOf<'x'>(call).x;
    context.backend.incRef(dataId);
    return { dataId, shape, dtype };
  },
};

/** max(x, 0). */
export const relu: KernelDefinition = {
  name: 'Relu',
  compute(context, call) {
    const { x } = inputsOf<'x'>(call);
    if (x.dtype !== 'float32') return undefined;
    const y = context.output(x.shape);
    const count = tf.util.sizeFromShape(x.shape);
    context.pool.run(KERNEL_NUMBER.relu, elementTiles(count), [
      count,
      context.addressOf(x),
      context.addressOf(y),
    ]);
    return y;
  },
};

/** The gradient of ReLU from its output. */
export const reluGradient: KernelDefinition = {
  name: FUSED_KERNELS.reluGrad,
  compute(context, call) {
    const { dy, y } = inputsOf<'dy' | 'y'>(call);
    const dx = context.output(y.shape);
    const count = tf.util.sizeFromShape(y.shape);
    context.pool.run(KERNEL_NUMBER.reluGradient, elementTiles(count), [
      count,
      ...[dy, y, dx].map((tensor) => context.addressOf(tensor)),
    ]);
    return dx;
  },
};
