import * as tf from '@tensorflow/tfjs';

import { batchNormalization } from '../batch-normalization';

import type { BlockStyle } from './block-style';
import { stemConvolution } from './stem-convolution';

/** Options of {@link convolution}. */
export interface ConvolutionOptions {
  /** The layer's name. An explicit padding before it is called the same with `_pad` for `_conv`. */
  name: string;
  filters: number;
  kernelSize: number;
  /** Default 1. */
  stride?: number;
  /** Spacing of the kernel's taps. Default 1; with a stride above 1 it must be 1. */
  dilation?: number;
  /** Overrides the style's `convolutionBias`. */
  bias?: boolean;
  /** Overrides the style's `padding`, and pads ahead of a convolution of stride 1 too. */
  padding?: 'explicit' | 'same';
  /** True if this is the net's first convolution: nobody needs its input's gradient. Default false. */
  isStem?: boolean;
}

/** A convolution of the block's style: [batch, height, width, channels] to [batch, ceil(height / stride), ..., filters]. */
export function convolution(
  input: tf.SymbolicTensor,
  style: BlockStyle,
  options: ConvolutionOptions,
): tf.SymbolicTensor {
  const { name, filters, kernelSize, stride = 1, dilation = 1, bias = style.convolutionBias } = options;
  const { input: picture, padding } = paddedInput(input, style, options);
  const layer = options.isStem === true ? stemConvolution : tf.layers.conv2d;
  return apply(
    layer({
      name,
      filters,
      kernelSize,
      strides: stride,
      dilationRate: dilation,
      padding,
      useBias: bias,
      kernelInitializer: style.kernelInitializer(name),
    }),
    picture,
  );
}

/** What a convolution of the block's style reads, padded ahead of it where the style says so, and the padding left to do. */
export function paddedInput(
  input: tf.SymbolicTensor,
  style: BlockStyle,
  options: Pick<ConvolutionOptions, 'name' | 'kernelSize' | 'stride' | 'dilation' | 'padding'>,
): { input: tf.SymbolicTensor; padding: 'valid' | 'same' } {
  const { name, kernelSize, stride = 1, dilation = 1 } = options;
  // At stride 1 the two paddings are the same, and one layer does.
  const pads = options.padding === 'explicit' || (style.padding === 'explicit' && stride > 1);
  if (!pads || kernelSize === 1) return { input, padding: 'same' };
  const reach = ((kernelSize - 1) * dilation) / 2;
  return { input: zeroPadding(input, name.replace(/_conv$/, '_pad'), reach), padding: 'valid' };
}

/** Options of {@link norm}. */
export interface NormOptions {
  name: string;
  /** True if gamma starts at 0. Default false. */
  zeroGamma?: boolean;
  /** False for a norm without gamma. Default true. */
  scale?: boolean;
}

/** A batch normalisation of the block's style, over channels. */
export function norm(input: tf.SymbolicTensor, style: BlockStyle, options: NormOptions): tf.SymbolicTensor {
  const { name, zeroGamma = false, scale = true } = options;
  const { epsilon, momentum } = style;
  const gammaInitializer = zeroGamma ? ({ gammaInitializer: 'zeros' } as const) : {};
  return apply(batchNormalization({ name, axis: 3, epsilon, momentum, scale, ...gammaInitializer }), input);
}

/** A rectifier. */
export function relu(input: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return apply(tf.layers.activation({ name, activation: 'relu' }), input);
}

/** Zeros on all four sides of a picture, `width` pixels wide. */
export function zeroPadding(input: tf.SymbolicTensor, name: string, width: number): tf.SymbolicTensor {
  const sides: [number, number] = [width, width];
  return apply(tf.layers.zeroPadding2d({ name, padding: [sides, sides] }), input);
}

/** `layer`'s output for one symbolic input. */
export function apply(
  layer: tf.layers.Layer,
  input: tf.SymbolicTensor | tf.SymbolicTensor[],
): tf.SymbolicTensor {
  return layer.apply(input) as tf.SymbolicTensor;
}
