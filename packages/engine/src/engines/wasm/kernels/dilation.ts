import * as tf from '@tensorflow/tfjs-core';

import { shape4D, windowOf, type Conv2DInfo } from '../../../kernels/convolution-shape';
import { inputsOf } from '../../../kernels/kernel-call';
import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER, type KernelNumber } from '../kernel-number';

import { fill } from './elementwise';
import type { KernelDefinition } from './kernel-definition';

/**
 * Grey-scale dilation.
 *
 * TensorFlow.js' own kernels start the search for a maximum at the smallest positive number, which negative sums never reach.
 */
export const dilation2d: KernelDefinition = {
  name: 'Dilation2D',
  compute(context, call) {
    const { x, filter } = inputsOf<'x' | 'filter'>(call);
    if (x.dtype !== 'float32') return undefined;
    const info = dilationInfo(x, filter, call.attrs);
    const y = context.output(info.outShape);
    const addresses = [...[x, filter, y].map((tensor) => context.addressOf(tensor)), 0];
    run(context, KERNEL_NUMBER.dilation, info.batchSize, info, addresses);
    return y;
  },
};

/** Each window's gradient goes to the pixel that its first maximum came from. */
export const dilation2dBackpropInput: KernelDefinition = {
  name: 'Dilation2DBackpropInput',
  compute: (context, call) =>
    gradient(context, call, 'x', KERNEL_NUMBER.dilationInputGradient, (info) => info.batchSize),
};

/** Each window's gradient goes to the value of the filter that its first maximum came from. */
export const dilation2dBackpropFilter: KernelDefinition = {
  name: 'Dilation2DBackpropFilter',
  compute: (context, call) =>
    gradient(context, call, 'filter', KERNEL_NUMBER.dilationFilterGradient, (info) => info.inChannels),
};

function gradient(
  context: KernelContext,
  call: Parameters<KernelDefinition['compute']>[1],
  of: 'x' | 'filter',
  kernel: KernelNumber,
  tileCount: (info: Conv2DInfo) => number,
): TensorInfo {
  const { x, filter, dy } = inputsOf<'x' | 'filter' | 'dy'>(call);
  const info = dilationInfo(x, filter, call.attrs);
  const result = context.output({ x, filter }[of].shape);
  fill(context, result, 0);
  const addresses = [x, filter, result, dy].map((tensor) => context.addressOf(tensor));
  run(context, kernel, tileCount(info), info, addresses);
  return result;
}

function dilationInfo(x: TensorInfo, filter: TensorInfo, attrs: unknown): Conv2DInfo {
  const { strides, pad, dilations } = attrs as tf.Dilation2DAttrs;
  const filterShape = filter.shape as [number, number, number];
  return tf.backend_util.computeDilation2DInfo(
    shape4D(x.shape),
    filterShape,
    strides,
    pad,
    'NHWC',
    dilations,
  );
}

function run(
  context: KernelContext,
  kernel: KernelNumber,
  tileCount: number,
  info: Conv2DInfo,
  addresses: readonly number[],
): void {
  const window = windowOf(info);
  context.pool.run(kernel, tileCount, [
    ...addresses,
    ...[info.batchSize, info.inHeight, info.inWidth, info.outHeight, info.outWidth, info.inChannels],
    ...[window.filterHeight, window.filterWidth, window.strideY, window.strideX],
    ...[window.dilationY, window.dilationX, window.padTop, window.padLeft],
  ]);
}
