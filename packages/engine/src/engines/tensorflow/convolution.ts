import * as tf from '@tensorflow/tfjs-core';

import { attributeList, type OperationAttributes } from './operation';
import type { OperationAttribute, TensorFlowBackend } from './tensorflow-backend';

/** A 2-D convolution, as TensorFlow.js works out its sizes. */
export type ConvolutionInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

type Padding = Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
type Dilations = Parameters<typeof tf.backend_util.computeConv2DInfo>[3];
type Strides = Parameters<typeof tf.backend_util.computeConv2DInfo>[2];

/** Sizes of the convolution that a kernel of TensorFlow.js, forward or gradient, is asked for. */
export function convolutionInfo(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attributes: Readonly<Record<string, unknown>>,
): ConvolutionInfo {
  const { strides, pad, dimRoundingMode, dataFormat = 'NHWC', dilations = 1 } = attributes;
  return tf.backend_util.computeConv2DInfo(
    inputShape as ConvolutionInfo['inShape'],
    filterShape as ConvolutionInfo['filterShape'],
    strides as Strides,
    dilations as Dilations,
    pad as Padding,
    dimRoundingMode as 'floor' | undefined,
    false,
    tf.backend_util.convertConv2DDataFormat(dataFormat as 'NHWC' | 'NCHW'),
  );
}

/** The convolution as attributes of Conv2D and its two gradients; explicit padding too, which stock tfjs-node refuses. */
export function convolutionAttributes(
  backend: TensorFlowBackend,
  info: ConvolutionInfo,
): OperationAttribute[] {
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo, dataFormat } = info;
  const isChannelsLast = dataFormat === 'channelsLast';
  const spatial = (height: number, width: number): number[] =>
    isChannelsLast ? [1, height, width, 1] : [1, 1, height, width];
  const { type, top, bottom, left, right } = padInfo;
  const padding: OperationAttributes =
    type === 'SAME' || type === 'VALID'
      ? { padding: type }
      : {
          padding: 'EXPLICIT',
          explicit_paddings: isChannelsLast
            ? [0, 0, top, bottom, left, right, 0, 0]
            : [0, 0, 0, 0, top, bottom, left, right],
        };
  return attributeList(backend, {
    strides: spatial(strideHeight, strideWidth),
    dilations: spatial(dilationHeight, dilationWidth),
    data_format: isChannelsLast ? 'NHWC' : 'NCHW',
    ...padding,
  });
}

/** True for a convolution of one pixel at a time: a matrix product over what its strides pick. */
export function isPointwise({ filterHeight, filterWidth, padInfo, dataFormat }: ConvolutionInfo): boolean {
  const { top, bottom, left, right } = padInfo;
  return (
    dataFormat === 'channelsLast' && filterHeight * filterWidth === 1 && top + bottom + left + right === 0
  );
}

/** True if the input's gradient is a convolution of the output's gradient with the same padding: odd, stride 1, centred. */
export function isCentred({
  filterHeight,
  filterWidth,
  strideHeight,
  strideWidth,
  padInfo,
  dataFormat,
}: ConvolutionInfo): boolean {
  const { top, bottom, left, right } = padInfo;
  return (
    dataFormat === 'channelsLast' &&
    strideHeight * strideWidth === 1 &&
    top * 2 + 1 === filterHeight &&
    left * 2 + 1 === filterWidth &&
    top === bottom &&
    left === right
  );
}
