import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS } from '@zoo/core';

import {
  convolutionShape,
  isChannelsLast,
  type ConvolutionAttributes,
  type ConvolutionShape,
} from '../../../kernels/convolution-shape';
import { withActivation, type ProductActivation } from '../../../kernels/fused-activation';
import { inputsOf } from '../../../kernels/kernel-call';
import type { KernelContext, TensorInfo } from '../kernel-context';

import { gatheredProduct, type Tap } from './gathered-product';
import { fusedKernel, type KernelDefinition } from './kernel-definition';
import { suitsWinograd, winogradProduct } from './winograd';

/** Convolution, for every filter, stride, dilation and padding. */
export const conv2d: KernelDefinition = {
  name: 'Conv2D',
  compute(context, call) {
    const { x, filter } = inputsOf<'x' | 'filter'>(call);
    const attrs = call.attrs as ConvolutionAttributes;
    if (!isChannelsLast(attrs)) return undefined;
    const shape = convolutionShape(x.shape, filter.shape, attrs);
    return convolve(context, { x, filter, shape, output: newOutput(context, shape) });
  },
};

/** Convolution with bias and activation. */
export const fusedConv2d: KernelDefinition = {
  name: 'FusedConv2D',
  compute(context, call) {
    const { x, filter } = inputsOf<'x' | 'filter'>(call);
    const { bias } = call.inputs;
    const attrs = call.attrs as ConvolutionAttributes;
    if (!isChannelsLast(attrs)) return undefined;
    const shape = convolutionShape(x.shape, filter.shape, attrs);
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== shape.outChannels))
      return undefined;
    return withActivation(context, call, (activation) =>
      convolve(context, { x, filter, shape, output: newOutput(context, shape), bias, activation }),
    );
  },
};

/** Convolution with bias, added to a tensor that the caller gives up, with activation. */
export const convolutionAdd = fusedKernel(
  FUSED_KERNELS.convolutionAdd,
  (context, { x, filter, bias, addend }, attrs) => {
    const shape = convolutionShape(x.shape, filter.shape, attrs);
    const { activation } = attrs;
    const output = context.takeOver(addend, [x, filter, bias]);
    return convolve(context, { x, filter, shape, output, accumulates: true, bias, activation });
  },
);

interface Convolution {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
  readonly shape: ConvolutionShape;
  readonly output: TensorInfo;
  /** True to add to what the output holds. */
  readonly accumulates?: boolean;
  readonly bias?: TensorInfo | undefined;
  readonly activation?: ProductActivation;
}

function newOutput(context: KernelContext, shape: ConvolutionShape): TensorInfo {
  return context.output([shape.batch, shape.outHeight, shape.outWidth, shape.outChannels]);
}

function convolve(
  context: KernelContext,
  { x, filter, shape, output, accumulates, bias, activation }: Convolution,
): TensorInfo {
  const { batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padTop, padLeft } = shape;
  const [image, weights, target] = [x, filter, output].map((tensor) => context.addressOf(tensor)) as [
    number,
    number,
    number,
  ];
  const common = {
    ...{ image, output: target, batch, inHeight, inWidth, outHeight, outWidth, accumulates, activation },
    bias: bias === undefined ? undefined : context.addressOf(bias),
  };
  if (suitsWinograd(shape, !isDifferentiated())) {
    const channels = { depth: inChannels, columns: outChannels };
    winogradProduct(context, { ...common, ...channels, filter, padTop, padLeft, transposed: false });
    return output;
  }
  gatheredProduct(context, {
    ...common,
    strideY: shape.strideY,
    strideX: shape.strideX,
    taps: filterTaps(shape),
    weights: {
      tensor: filter,
      address: weights,
      depth: inChannels,
      columns: outChannels,
      stride: outChannels,
      transposed: false,
    },
    outStrides: {
      image: outHeight * outWidth * outChannels,
      row: outWidth * outChannels,
      pixel: outChannels,
    },
  });
  return output;
}

/** True while a gradient is being recorded: then the filter is about to change, else it is used again and again. */
function isDifferentiated(): boolean {
  return tf.engine().state.gradientDepth > 0;
}

/** All taps of a filter [height, width, in, out], relative to the first input pixel of an output pixel. */
export function filterTaps(shape: ConvolutionShape): Tap[] {
  const taps: Tap[] = [];
  for (let y = 0; y < shape.filterHeight; y++) {
    for (let x = 0; x < shape.filterWidth; x++) {
      taps.push({
        dy: y * shape.dilationY - shape.padTop,
        dx: x * shape.dilationX - shape.padLeft,
        weights: (y * shape.filterWidth + x) * shape.inChannels * shape.outChannels,
      });
    }
  }
  return taps;
}
