import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS } from '@zoo/core';

import {
  convolutionShape,
  isChannelsLast,
  type ConvolutionAttributes,
  type ConvolutionShape,
} from '../../../kernels/convolution-shape';
import { withActivation } from '../../../kernels/fused-activation';
import { inputsOf } from '../../../kernels/kernel-call';
import type { WebgpuContext } from '../webgpu-context';
import { fusedKernel, isFloats, type WebgpuKernel } from '../webgpu-kernel';

import type { Epilogue } from './product';
import { gatheredImage, imageColumns, matrix, tappedFilter } from './product-operands';
import { runProduct } from './run-product';

/** Convolution, for every filter, stride, dilation and padding. */
export const conv2d: WebgpuKernel = {
  name: 'Conv2D',
  compute(context, call) {
    const { x, filter } = inputsOf<'x' | 'filter'>(call);
    const attrs = call.attrs as ConvolutionAttributes;
    if (!isChannelsLast(attrs) || ![x, filter].every(isFloats)) return undefined;
    return convolve(context, x, filter, convolutionShape(x.shape, filter.shape, attrs), {});
  },
};

/** Convolution with bias and activation. */
export const fusedConv2d: WebgpuKernel = {
  name: 'FusedConv2D',
  compute(context, call) {
    const { x, filter } = inputsOf<'x' | 'filter'>(call);
    const { bias } = call.inputs;
    const attrs = call.attrs as ConvolutionAttributes;
    if (!isChannelsLast(attrs) || ![x, filter].every(isFloats)) return undefined;
    const shape = convolutionShape(x.shape, filter.shape, attrs);
    if (bias !== undefined && tf.util.sizeFromShape(bias.shape) !== shape.outChannels) return undefined;
    return withActivation(context, call, (activation) =>
      convolve(context, x, filter, shape, { bias, activation }),
    );
  },
};

/** Convolution with bias, added to a tensor, with activation. */
export const convolutionAdd = fusedKernel(
  FUSED_KERNELS.convolutionAdd,
  (context, { x, filter, bias, addend }, attrs) => {
    const shape = convolutionShape(x.shape, filter.shape, attrs);
    return convolve(context, x, filter, shape, { bias, addend, activation: attrs.activation });
  },
);

/** The gradient of a convolution with respect to its input. */
export const conv2dBackpropInput: WebgpuKernel = {
  name: 'Conv2DBackpropInput',
  compute(context, call) {
    const { dy, filter } = inputsOf<'dy' | 'filter'>(call);
    const attrs = call.attrs as ConvolutionAttributes & { inputShape: number[] };
    if (!isChannelsLast(attrs) || ![dy, filter].every(isFloats)) return undefined;
    const dx = context.output(attrs.inputShape);
    inputGradient(context, convolutionShape(attrs.inputShape, filter.shape, attrs, dy.shape), dy, filter, dx);
    return dx;
  },
};

/** The gradient of a convolution with respect to its filter. */
export const conv2dBackpropFilter: WebgpuKernel = {
  name: 'Conv2DBackpropFilter',
  compute(context, call) {
    const { x, dy } = inputsOf<'x' | 'dy'>(call);
    const attrs = call.attrs as ConvolutionAttributes & { filterShape: number[] };
    if (!isChannelsLast(attrs) || ![x, dy].every(isFloats)) return undefined;
    const dFilter = context.output(attrs.filterShape);
    filterGradient(context, convolutionShape(x.shape, attrs.filterShape, attrs, dy.shape), x, dy, dFilter);
    return dFilter;
  },
};

/** True if the convolution is a plain product of pixels and filter. */
function isProduct(shape: ConvolutionShape): boolean {
  return (
    shape.filterHeight * shape.filterWidth === 1 &&
    shape.strideY * shape.strideX === 1 &&
    shape.inHeight === shape.outHeight &&
    shape.inWidth === shape.outWidth &&
    shape.padTop === 0 &&
    shape.padLeft === 0
  );
}

const DEPTH_LINES = { rows: 'rows', line: 'depth', start: '0u' };
const COLUMN_LINES = { rows: 'columns', line: 'columns', start: '0u' };

function convolve(
  context: WebgpuContext,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  shape: ConvolutionShape,
  epilogue: Epilogue,
): tf.TensorInfo {
  const result = context.output([shape.batch, shape.outHeight, shape.outWidth, shape.outChannels]);
  const plain = isProduct(shape);
  const vectors = shape.inChannels % 4 === 0;
  const filterVectors = shape.outChannels % 4 === 0;
  runProduct(context, {
    kind: 'convolution',
    variant: plain ? 'plain' : 'gathered',
    size: {
      rows: shape.batch * shape.outHeight * shape.outWidth,
      columns: shape.outChannels,
      depth: shape.filterHeight * shape.filterWidth * shape.inChannels,
      batches: 1,
    },
    left: { tensor: x, vectors },
    right: { tensor: filter, vectors: filterVectors },
    result,
    epilogue,
    operands: (tile) => ({
      left: plain
        ? matrix({ name: 'left', vectors, tile }, 'depthLast', DEPTH_LINES)
        : gatheredImage({ name: 'left', vectors, tile }),
      right: matrix({ name: 'right', vectors: filterVectors, tile }, 'depthFirst', COLUMN_LINES),
    }),
    fields: {
      ...{ channels: 'u32', rowsHeight: 'u32', rowsWidth: 'u32', tapsX: 'u32' },
      ...{ imageHeight: 'i32', imageWidth: 'i32', rowStrideY: 'i32', rowStrideX: 'i32' },
      ...{ originY: 'i32', originX: 'i32', tapStepY: 'i32', tapStepX: 'i32' },
    },
    values: {
      ...{ channels: shape.inChannels, rowsHeight: shape.outHeight, rowsWidth: shape.outWidth },
      ...{ tapsX: shape.filterWidth, imageHeight: shape.inHeight, imageWidth: shape.inWidth },
      ...{ rowStrideY: shape.strideY, rowStrideX: shape.strideX },
      ...{ originY: -shape.padTop, originX: -shape.padLeft },
      ...{ tapStepY: shape.dilationY, tapStepX: shape.dilationX },
    },
  });
  return result;
}

/**
 * The pixels of the input whose coordinates leave one remainder by the stride (a phase) see the same taps of the filter: each phase is
 * a product of its own, all of one dispatch. Stride 1 has one.
 *
 * Tap t reaches pixel y of the input from pixel (y + pad - t * dilation) / stride of the output, where that is whole.
 */
const PHASE = `
  let phaseY = i32(batch / phasesX);
  let phaseX = i32(batch % phasesX);
  var firstTapY = 0u;
  var firstTapX = 0u;
  while (firstTapY < filterHeight && (phaseY + padTop - i32(firstTapY) * dilationY) % strideY != 0) { firstTapY++; }
  while (firstTapX < filterWidth && (phaseX + padLeft - i32(firstTapX) * dilationX) % strideX != 0) { firstTapX++; }
  let tapsY = (filterHeight - firstTapY + tapEveryY - 1u) / tapEveryY;
  let tapsX = (filterWidth - firstTapX + tapEveryX - 1u) / tapEveryX;
  let originY = (phaseY + padTop - i32(firstTapY) * dilationY) / strideY;
  let originX = (phaseX + padLeft - i32(firstTapX) * dilationX) / strideX;
  let tapStepY = -(i32(tapEveryY) * dilationY / strideY);
  let tapStepX = -(i32(tapEveryX) * dilationX / strideX);
  let rowsHeight = (resultHeight - u32(phaseY) + u32(strideY) - 1u) / u32(strideY);
  let rowsWidth = (resultWidth - u32(phaseX) + u32(strideX) - 1u) / u32(strideX);
  let rows = images * rowsHeight * rowsWidth;
  let rowStrideY = 1;
  let rowStrideX = 1;`;

/** Phases have depths of their own, none of them split. */
const PHASE_DEPTH = `
  let firstDepth = 0u;
  let depthEnd = tapsY * tapsX * channels;`;

/** The line of the result that a row of a phase is. */
const PHASE_LINE = `((row / (rowsWidth * rowsHeight) * resultHeight
  + (row / rowsWidth) % rowsHeight * u32(strideY) + u32(phaseY)) * resultWidth
  + row % rowsWidth * u32(strideX) + u32(phaseX))`;

function inputGradient(
  context: WebgpuContext,
  shape: ConvolutionShape,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  dx: tf.TensorInfo,
): void {
  const vectors = shape.outChannels % 4 === 0;
  const common = {
    kind: 'inputGradient',
    gradient: 'left',
    left: { tensor: dy, vectors },
    right: { tensor: filter, vectors },
    result: dx,
  } as const;
  if (isProduct(shape)) {
    runProduct(context, {
      ...common,
      variant: 'plain',
      size: {
        rows: shape.batch * shape.inHeight * shape.inWidth,
        columns: shape.inChannels,
        depth: shape.outChannels,
        batches: 1,
      },
      operands: (tile) => ({
        left: matrix({ name: 'left', vectors, tile }, 'depthLast', DEPTH_LINES),
        right: matrix({ name: 'right', vectors, tile }, 'depthLast', { ...DEPTH_LINES, rows: 'columns' }),
      }),
      fields: {},
      values: {},
    });
    return;
  }
  const phasesY = Math.min(shape.strideY, shape.inHeight);
  const phasesX = Math.min(shape.strideX, shape.inWidth);
  const isSingle = phasesY * phasesX === 1 && shape.strideY * shape.strideX === 1;
  runProduct(context, {
    ...common,
    variant: isSingle ? 'gathered' : 'phases',
    size: {
      // Of the first phase, which is the largest.
      rows:
        shape.batch * Math.ceil(shape.inHeight / shape.strideY) * Math.ceil(shape.inWidth / shape.strideX),
      columns: shape.inChannels,
      depth: shape.filterHeight * shape.filterWidth * shape.outChannels,
      batches: phasesY * phasesX,
    },
    operands: (tile) => ({
      left: gatheredImage({ name: 'left', vectors, tile }),
      right: tappedFilter({ name: 'right', vectors, tile }),
    }),
    fields: {
      ...{ channels: 'u32', images: 'u32', resultHeight: 'u32', resultWidth: 'u32', phasesX: 'u32' },
      ...{ filterHeight: 'u32', filterWidth: 'u32', tapEveryY: 'u32', tapEveryX: 'u32' },
      ...{ imageHeight: 'i32', imageWidth: 'i32', padTop: 'i32', padLeft: 'i32' },
      ...{ strideY: 'i32', strideX: 'i32', dilationY: 'i32', dilationX: 'i32' },
    },
    values: {
      ...{ channels: shape.outChannels, images: shape.batch, phasesX },
      ...{ resultHeight: shape.inHeight, resultWidth: shape.inWidth },
      ...{ filterHeight: shape.filterHeight, filterWidth: shape.filterWidth },
      tapEveryY: shape.strideY / greatestCommonDivisor(shape.strideY, shape.dilationY),
      tapEveryX: shape.strideX / greatestCommonDivisor(shape.strideX, shape.dilationX),
      ...{ imageHeight: shape.outHeight, imageWidth: shape.outWidth },
      ...{ padTop: shape.padTop, padLeft: shape.padLeft, strideY: shape.strideY, strideX: shape.strideX },
      ...{ dilationY: shape.dilationY, dilationX: shape.dilationX },
    },
    start: isSingle
      ? { statements: PHASE, declares: ['rows'] }
      : { statements: PHASE + PHASE_DEPTH, declares: ['rows', 'firstDepth', 'depthEnd'] },
    ...(isSingle ? {} : { line: PHASE_LINE }),
    canSplit: isSingle,
  });
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function filterGradient(
  context: WebgpuContext,
  shape: ConvolutionShape,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  dFilter: tf.TensorInfo,
): void {
  const plain = isProduct(shape);
  const vectors = shape.inChannels % 4 === 0;
  const dyVectors = shape.outChannels % 4 === 0;
  runProduct(context, {
    kind: 'filterGradient',
    gradient: 'right',
    variant: plain ? 'plain' : 'gathered',
    size: {
      rows: shape.filterHeight * shape.filterWidth * shape.inChannels,
      columns: shape.outChannels,
      depth: shape.batch * shape.outHeight * shape.outWidth,
      batches: 1,
    },
    left: { tensor: x, vectors },
    right: { tensor: dy, vectors: dyVectors },
    result: dFilter,
    operands: (tile) => ({
      left: plain
        ? matrix({ name: 'left', vectors, tile }, 'depthFirst', { rows: 'rows', line: 'rows', start: '0u' })
        : imageColumns({ name: 'left', vectors, tile }),
      right: matrix({ name: 'right', vectors: dyVectors, tile }, 'depthFirst', COLUMN_LINES),
    }),
    fields: {
      ...{ channels: 'u32', depthHeight: 'u32', depthWidth: 'u32', filterWidth: 'u32' },
      ...{ imageHeight: 'i32', imageWidth: 'i32', padTop: 'i32', padLeft: 'i32' },
      ...{ strideY: 'i32', strideX: 'i32', dilationY: 'i32', dilationX: 'i32' },
    },
    values: {
      ...{ channels: shape.inChannels, depthHeight: shape.outHeight, depthWidth: shape.outWidth },
      ...{ filterWidth: shape.filterWidth, imageHeight: shape.inHeight, imageWidth: shape.inWidth },
      ...{ padTop: shape.padTop, padLeft: shape.padLeft, strideY: shape.strideY, strideX: shape.strideX },
      ...{ dilationY: shape.dilationY, dilationX: shape.dilationX },
    },
  });
}
