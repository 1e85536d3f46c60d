import * as tf from '@tensorflow/tfjs-core';

import { shape4D, windowOf, type Conv2DInfo } from '../../../kernels/convolution-shape';
import { inputsOf } from '../../../kernels/kernel-call';
import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER, type KernelNumber } from '../kernel-number';

import type { KernelDefinition } from './kernel-definition';

interface PoolingAttributes {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Channels that one tile pools; more images than threads as a rule make a tile a whole image's share. */
const CHANNELS_A_TILE = 32;

/** The largest value of each window. */
export const maxPool: KernelDefinition = {
  name: 'MaxPool',
  compute(context, call) {
    const { x } = inputsOf<'x'>(call);
    return x.dtype === 'float32' ? pool(context, KERNEL_NUMBER.maxPool, x, call.attrs) : undefined;
  },
};

/** The mean of each window's pixels; padding does not count. */
export const averagePool: KernelDefinition = {
  name: 'AvgPool',
  compute(context, call) {
    const { x } = inputsOf<'x'>(call);
    return x.dtype === 'float32' ? pool(context, KERNEL_NUMBER.averagePool, x, call.attrs) : undefined;
  },
};

/**
 * The gradient of max-pooling: each window's goes to its first maximum, as in tfjs's cpu engine.
 *
 * tfjs's own kernel loses it where a window's maximum is not positive, and gives it to the last of equal maxima.
 */
export const maxPoolGradient: KernelDefinition = {
  name: 'MaxPoolGrad',
  compute(context, call) {
    const { dy, input } = inputsOf<'dy' | 'input'>(call);
    return poolGradient(context, KERNEL_NUMBER.maxPoolGradient, input, dy, call.attrs);
  },
};

/**
 * The gradient of average-pooling: each window's is shared among the pixels that exist.
 *
 * tfjs's own kernels, cpu's too, divide by the whole window even where it overlaps the padding.
 */
export const averagePoolGradient: KernelDefinition = {
  name: 'AvgPoolGrad',
  compute(context, call) {
    const { dy, input } = inputsOf<'dy' | 'input'>(call);
    return poolGradient(context, KERNEL_NUMBER.averagePoolGradient, input, dy, call.attrs);
  },
};

function pool(context: KernelContext, kernel: KernelNumber, x: TensorInfo, attrs: unknown): TensorInfo {
  const info = poolingInfo(x.shape, attrs);
  const y = context.output(info.outShape);
  run(
    context,
    kernel,
    info,
    [context.addressOf(x), context.addressOf(y), 0],
    [info.outHeight, info.outWidth],
  );
  return y;
}

function poolGradient(
  context: KernelContext,
  kernel: KernelNumber,
  x: TensorInfo,
  dy: TensorInfo,
  attrs: unknown,
): TensorInfo {
  const info = poolingInfo(x.shape, attrs);
  const dx = context.output(x.shape);
  const addresses = [context.addressOf(x), context.addressOf(dx), context.addressOf(dy)];
  // dy's own size: tfjs does not tell gradients how the output was rounded.
  run(context, kernel, info, addresses, [dy.shape[1]!, dy.shape[2]!]);
  return dx;
}

function poolingInfo(shape: readonly number[], attrs: unknown): Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as PoolingAttributes;
  return tf.backend_util.computePool2DInfo(shape4D(shape), filterSize, strides, 1, pad, dimRoundingMode);
}

function run(
  context: KernelContext,
  kernel: KernelNumber,
  info: Conv2DInfo,
  addresses: readonly number[],
  outSize: readonly number[],
): void {
  const window = windowOf(info);
  const channelTiles = Math.ceil(info.inChannels / CHANNELS_A_TILE);
  context.pool.run(kernel, info.batchSize * channelTiles, [
    ...addresses,
    ...[info.inHeight, info.inWidth, ...outSize, info.inChannels],
    ...[window.filterHeight, window.filterWidth, window.strideY, window.strideX],
    ...[window.padTop, window.padLeft, CHANNELS_A_TILE, channelTiles],
  ]);
}
