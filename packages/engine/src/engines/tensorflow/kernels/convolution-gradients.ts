import * as tf from '@tensorflow/tfjs-core';

import {
  convolutionAttributes,
  convolutionInfo,
  isCentred,
  isPointwise,
  type ConvolutionInfo,
} from '../convolution';
import { IdScope } from '../id-scope';
import { attributeList } from '../operation';
import type { TensorFlowBackend } from '../tensorflow-backend';

import type { TensorFlowKernel } from './tensorflow-kernel';

/**
 * The gradient of a convolution with respect to its input.
 *
 * TensorFlow's own operation is 4 to 20 times slower on the processor than its matrix product or its forward convolution of
 * the same work (few pixels, many channels: the deep half of a ResNet), so that those do it where they can. Explicit padding,
 * which stock tfjs-node refuses, is handed to the operation.
 */
export const convolutionInputGradientKernel: TensorFlowKernel = {
  kernelName: tf.Conv2DBackpropInput,
  run: (backend, { dy, filter }, attributes) => {
    const info = convolutionInfo(attributes.inputShape as number[], filter!.shape, attributes);
    const [dyId, filterId] = backend.getInputTensorIds([dy!, filter!]);
    return IdScope.run(backend, (scope) => {
      if (!backend.isUsingGpuDevice && isPointwise(info)) return pointwise(scope, info, dyId!, filterId!);
      if (!backend.isUsingGpuDevice && isCentred(info))
        return centred(scope, backend, info, dyId!, filterId!);
      const operation = convolutionAttributes(backend, info);
      return scope.execute('Conv2DBackpropInput', operation, [scope.ints(info.inShape), filterId!, dyId!]);
    });
  },
};

/** The gradient of a convolution with respect to its filter; see {@link convolutionInputGradientKernel}. */
export const convolutionFilterGradientKernel: TensorFlowKernel = {
  kernelName: tf.Conv2DBackpropFilter,
  run: (backend, { x, dy }, attributes) => {
    const info = convolutionInfo(x!.shape, attributes.filterShape as number[], attributes);
    const [xId, dyId] = backend.getInputTensorIds([x!, dy!]);
    return IdScope.run(backend, (scope) => {
      if (!backend.isUsingGpuDevice && isPointwise(info)) {
        const { inChannels, outChannels } = info;
        const picked = scope.reshape(subsample(scope, info, xId!), [-1, inChannels]);
        const product = scope.matMul(picked, scope.reshape(dyId!, [-1, outChannels]), { transposeA: true });
        return scope.reshape(product, info.filterShape);
      }
      const operation = convolutionAttributes(backend, info);
      return scope.execute('Conv2DBackpropFilter', operation, [xId!, scope.ints(info.filterShape), dyId!]);
    });
  },
};

/** Each pixel of dy times the transposed filter, put where the strides picked it from. */
function pointwise(scope: IdScope, info: ConvolutionInfo, dyId: number, filterId: number): number {
  const { batchSize, outHeight, outWidth, inChannels, outChannels, inShape } = info;
  const filter = scope.reshape(filterId, [inChannels, outChannels]);
  const product = scope.matMul(scope.reshape(dyId, [-1, outChannels]), filter, { transposeB: true });
  if (!isStrided(info)) return scope.reshape(product, inShape);
  const image = scope.reshape(product, [batchSize, outHeight, outWidth, inChannels]);
  // The gradient of an average over one pixel: its values, zeros elsewhere.
  return scope.execute('AvgPoolGrad', onePixelWindows(scope, info), [scope.ints(inShape), image]);
}

/** dy convolved with the filter turned by 180 degrees, its channels swapped. */
function centred(
  scope: IdScope,
  backend: TensorFlowBackend,
  info: ConvolutionInfo,
  dyId: number,
  filterId: number,
): number {
  const turned = scope.execute('ReverseV2', scope.withIntType('Tidx'), [filterId, scope.ints([0, 1])]);
  const swapped = scope.execute('Transpose', scope.withIntType('Tperm'), [turned, scope.ints([0, 1, 3, 2])]);
  return scope.execute('Conv2D', convolutionAttributes(backend, info), [dyId, swapped]);
}

/** The pixels that the strides pick. */
function subsample(scope: IdScope, info: ConvolutionInfo, xId: number): number {
  return isStrided(info) ? scope.execute('AvgPool', onePixelWindows(scope, info), [xId]) : xId;
}

function isStrided({ strideHeight, strideWidth }: ConvolutionInfo): boolean {
  return strideHeight * strideWidth !== 1;
}

function onePixelWindows({ backend }: IdScope, { strideHeight, strideWidth }: ConvolutionInfo) {
  return attributeList(backend, {
    ksize: [1, 1, 1, 1],
    strides: [1, strideHeight, strideWidth, 1],
    padding: 'VALID',
    data_format: 'NHWC',
  });
}
