import * as tf from '@tensorflow/tfjs-core';

/** A shape that tfjs declares as number[]. */
export type Shape4D = [number, number, number, number];

/** `shape` as a shape of 4 dimensions. */
export function shape4D(shape: readonly number[]): Shape4D {
  return shape as Shape4D;
}

/** tfjs's description of a convolution or pooling. */
export type Conv2DInfo = tf.backend_util.Conv2DInfo;

/** Attributes that all convolution kernels share; gradients of tfjs's own come without dilations. */
export interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  /** tfjs's depthwise layer hands on null. */
  readonly dilations?: [number, number] | number | null;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Sizes of a convolution, channels last. */
export interface ConvolutionShape {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly padTop: number;
  readonly padLeft: number;
}

/**
 * Sizes of the convolution of an image of `inShape` with a filter of `filterShape`.
 *
 * @param outShape The output's shape where it is known, in gradients: tfjs does not tell them how the output was rounded.
 */
export function convolutionShape(
  inShape: readonly number[],
  filterShape: readonly number[],
  { strides, pad, dilations, dimRoundingMode }: ConvolutionAttributes,
  outShape?: readonly number[],
): ConvolutionShape {
  const info = tf.backend_util.computeConv2DInfo(
    shape4D(inShape),
    shape4D(filterShape),
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
  );
  return {
    batch: info.batchSize,
    inHeight: info.inHeight,
    inWidth: info.inWidth,
    inChannels: info.inChannels,
    outHeight: outShape?.[1] ?? info.outHeight,
    outWidth: outShape?.[2] ?? info.outWidth,
    outChannels: info.outChannels,
    ...windowOf(info),
  };
}

/** {@link convolutionShape} of a depthwise one: as many output channels as the filter [height, width, in, multiplier] gives. */
export function depthwiseShape(
  inShape: readonly number[],
  [height, width, inChannels, multiplier]: readonly number[],
  attrs: ConvolutionAttributes,
  outShape?: readonly number[],
): ConvolutionShape {
  const filterShape = [height!, width!, inChannels!, inChannels! * multiplier!];
  return convolutionShape(inShape, filterShape, attrs, outShape);
}

/** Sizes of a grouped convolution, channels last. */
export interface GroupedShape extends ConvolutionShape {
  readonly groups: number;
  /** Input channels of a group. */
  readonly depth: number;
}

/** {@link convolutionShape} of a grouped one, whose filter is [height, width, in / groups, out]. */
export function groupedShape(
  inShape: readonly number[],
  filterShape: readonly number[],
  attrs: ConvolutionAttributes & { readonly groups: number },
  outShape?: readonly number[],
): GroupedShape {
  const shape = convolutionShape(inShape, filterShape, attrs, outShape);
  return { ...shape, groups: attrs.groups, depth: filterShape[2]! };
}

/** The window part of tfjs's description of a convolution or pooling. */
export function windowOf(info: Conv2DInfo) {
  return {
    filterHeight: info.filterHeight,
    filterWidth: info.filterWidth,
    strideY: info.strideHeight,
    strideX: info.strideWidth,
    dilationY: info.dilationHeight,
    dilationX: info.dilationWidth,
    padTop: info.padInfo.top,
    padLeft: info.padInfo.left,
  };
}

/** True if the kernel was called for the layout that tfjs's wasm backend has: channels last. */
export function isChannelsLast({ dataFormat }: ConvolutionAttributes): boolean {
  return dataFormat === undefined || dataFormat === 'NHWC';
}
