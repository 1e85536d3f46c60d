import * as tf from '@tensorflow/tfjs-core';

import { inputsOf } from '../../../kernels/kernel-call';
import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER, type KernelNumber } from '../kernel-number';

import { fill } from './elementwise';
import type { KernelDefinition } from './kernel-definition';

type Conv3DInfo = ReturnType<typeof tf.backend_util.computePool3DInfo>;

/**
 * The largest value of each window of a volume.
 *
 * TensorFlow.js' own kernels start at the smallest positive number, which negative values never reach.
 */
export const maxPool3d: KernelDefinition = {
  name: 'MaxPool3D',
  compute(context, call) {
    const { x } = inputsOf<'x'>(call);
    if (x.dtype !== 'float32') return undefined;
    const info = poolingInfo(x, call.attrs);
    const y = context.output(info.outShape);
    run(context, KERNEL_NUMBER.maxPool3d, info, [x, y]);
    return y;
  },
};

/** Each window's gradient goes to its first maximum. */
export const maxPool3dGradient: KernelDefinition = {
  name: 'MaxPool3DGrad',
  compute(context, call) {
    const { dy, input } = inputsOf<'dy' | 'input'>(call);
    const dx = context.output(input.shape);
    fill(context, dx, 0);
    run(context, KERNEL_NUMBER.maxPool3dGradient, poolingInfo(input, call.attrs), [input, dx, dy]);
    return dx;
  },
};

function poolingInfo({ shape }: TensorInfo, attrs: unknown): Conv3DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as tf.MaxPool3DAttrs;
  return tf.backend_util.computePool3DInfo(
    shape as [number, number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
}

function run(
  context: KernelContext,
  kernel: KernelNumber,
  info: Conv3DInfo,
  tensors: readonly TensorInfo[],
): void {
  const [first, second, third] = tensors.map((tensor) => context.addressOf(tensor));
  context.pool.run(kernel, info.batchSize, [
    ...[first!, second!, third ?? 0, info.inChannels],
    ...[info.inDepth, info.inHeight, info.inWidth, info.outDepth, info.outHeight, info.outWidth],
    ...[info.filterDepth, info.filterHeight, info.filterWidth],
    ...[info.strideDepth, info.strideHeight, info.strideWidth],
    ...[info.dilationDepth, info.dilationHeight, info.dilationWidth],
    ...[info.padInfo.front, info.padInfo.top, info.padInfo.left],
  ]);
}
