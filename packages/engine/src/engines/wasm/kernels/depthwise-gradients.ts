import {
  depthwiseShape,
  type ConvolutionAttributes,
  type ConvolutionShape,
} from '../../../kernels/convolution-shape';
import { inputsOf } from '../../../kernels/kernel-call';
import type { KernelContext } from '../kernel-context';
import { KERNEL_NUMBER, type KernelNumber } from '../kernel-number';
import { floatBits } from '../thread-pool';

import type { KernelDefinition } from './kernel-definition';

const BYTES = 4;

/** Output channels whose filter gradient one tile sums. */
const CHANNELS_A_TILE = 64;

/** The gradient of a depthwise convolution with respect to its input: tfjs's wasm backend has none. */
export const depthwiseBackpropInput: KernelDefinition = {
  name: 'DepthwiseConv2dNativeBackpropInput',
  compute(context, call) {
    const { dy, filter } = inputsOf<'dy' | 'filter'>(call);
    const attrs = call.attrs as ConvolutionAttributes & { inputShape: number[] };
    const shape = depthwiseShape(attrs.inputShape, filter.shape, attrs, dy.shape);
    const dx = context.output(attrs.inputShape);
    const addresses = [dx, dy, filter].map((tensor) => context.addressOf(tensor));
    run(context, KERNEL_NUMBER.depthwiseInputGradient, shape.batch * shape.inHeight, shape, addresses);
    return dx;
  },
};

/** The gradient of a depthwise convolution with respect to its filter: tfjs's wasm backend has none. */
export const depthwiseBackpropFilter: KernelDefinition = {
  name: 'DepthwiseConv2dNativeBackpropFilter',
  compute(context, call) {
    const { x, dy } = inputsOf<'x' | 'dy'>(call);
    const attrs = call.attrs as ConvolutionAttributes & { filterShape: number[] };
    const shape = depthwiseShape(x.shape, attrs.filterShape, attrs, dy.shape);
    const dFilter = context.output(attrs.filterShape);
    const values = shape.filterHeight * shape.filterWidth * shape.outChannels;
    const tiles = shape.batch * Math.ceil(shape.outChannels / CHANNELS_A_TILE);
    context.withBuffer(shape.batch * values * BYTES, (partial) => {
      const addresses = [context.addressOf(x), context.addressOf(dy), partial];
      run(context, KERNEL_NUMBER.depthwiseFilterGradient, tiles, shape, addresses);
      const sums = [partial, context.addressOf(dFilter), values, shape.batch, floatBits(1)];
      context.pool.run(KERNEL_NUMBER.addBlocks, 1, sums);
    });
    return dFilter;
  },
};

function run(
  context: KernelContext,
  kernel: KernelNumber,
  tiles: number,
  shape: ConvolutionShape,
  addresses: readonly number[],
): void {
  context.pool.run(kernel, tiles, [
    ...addresses,
    ...[shape.inHeight, shape.inWidth, shape.outHeight, shape.outWidth],
    ...[shape.inChannels, shape.outChannels / shape.inChannels, shape.filterHeight, shape.filterWidth],
    ...[shape.strideY, shape.strideX, shape.dilationY, shape.dilationX, shape.padTop, shape.padLeft],
    ...[CHANNELS_A_TILE, Math.ceil(shape.outChannels / CHANNELS_A_TILE)],
  ]);
}
