import * as tf from '@tensorflow/tfjs-core';

import { inputsOf } from '../../../kernels/kernel-call';
import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER, type KernelNumber } from '../kernel-number';

import { fill } from './elementwise';
import type { KernelDefinition } from './kernel-definition';

type Conv3DInfo = ReturnType<typeof tf.backend_util.computeConv3DInfo>;
type Shape5D = [number, number, number, number, number];

/** The gradient of a 3-D convolution's input; TensorFlow.js' own kernel adds it to what its memory held before. */
export const conv3dBackpropInput: KernelDefinition = {
  name: 'Conv3DBackpropInputV2',
  compute(context, call) {
    const { dy, filter } = inputsOf<'dy' | 'filter'>(call);
    const { strides, pad, inputShape } = call.attrs as tf.Conv3DBackpropInputV2Attrs;
    const info = convolutionInfo(inputShape, filter.shape, strides, pad);
    const dx = zeros(context, info.inShape);
    run(context, KERNEL_NUMBER.convolution3dInputGradient, info.batchSize, info, [dx, filter, dy]);
    return dx;
  },
};

/** The gradient of a 3-D convolution's filter; TensorFlow.js' own kernel takes every convolution for one without strides. */
export const conv3dBackpropFilter: KernelDefinition = {
  name: 'Conv3DBackpropFilterV2',
  compute(context, call) {
    const { x, dy } = inputsOf<'x' | 'dy'>(call);
    const { strides, pad, filterShape } = call.attrs as tf.Conv3DBackpropFilterV2Attrs;
    const info = convolutionInfo(x.shape, filterShape, strides, pad);
    const dw = zeros(context, filterShape);
    const taps = info.filterDepth * info.filterHeight * info.filterWidth;
    run(context, KERNEL_NUMBER.convolution3dFilterGradient, taps, info, [x, dw, dy]);
    return dw;
  },
};

function convolutionInfo(
  inShape: readonly number[],
  filterShape: readonly number[],
  strides: [number, number, number] | number,
  pad: 'valid' | 'same',
): Conv3DInfo {
  return tf.backend_util.computeConv3DInfo(inShape as Shape5D, filterShape as Shape5D, strides, 1, pad);
}

function zeros(context: KernelContext, shape: readonly number[]): TensorInfo {
  const tensor = context.output(shape);
  fill(context, tensor, 0);
  return tensor;
}

function run(
  context: KernelContext,
  kernel: KernelNumber,
  tileCount: number,
  info: Conv3DInfo,
  tensors: readonly [input: TensorInfo, filter: TensorInfo, output: TensorInfo],
): void {
  context.pool.run(kernel, tileCount, [
    ...tensors.map((tensor) => context.addressOf(tensor)),
    ...[info.batchSize, info.inChannels, info.outChannels],
    ...[info.inDepth, info.inHeight, info.inWidth, info.outDepth, info.outHeight, info.outWidth],
    ...[info.filterDepth, info.filterHeight, info.filterWidth],
    ...[info.strideDepth, info.strideHeight, info.strideWidth],
    ...[info.padInfo.front, info.padInfo.top, info.padInfo.left],
  ]);
}
