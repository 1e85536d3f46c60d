import * as tf from '@tensorflow/tfjs';

import { ArgumentError } from '../errors';

import { apply, convolution, norm, relu } from './block-layers';
import type { BlockStyle } from './block-style';
import { groupedConvolution } from './grouped-convolution';
import { type Shortcut, shortcutPath } from './shortcut';
import { squeezeExcitation } from './squeeze-excitation';
import { stochasticDepth } from './stochastic-depth';

/** Options of every residual block. */
export interface ResidualBlockOptions {
  /** Prefix of the layers' names: `conv2_block1` makes `conv2_block1_1_conv` and so on, as in keras.applications. */
  name: string;
  /** Channels of the block's 3x3 convolutions in the paper's table; a bottleneck puts out four times as many. */
  filters: number;
  /** Channels of a bottleneck's inner convolutions, where they differ from `filters`: wide nets. Default `filters`. */
  width?: number;
  /** Groups of a bottleneck's 3x3 convolution, as in ResNeXt: see {@link groupedConvolution}; more than one allows no dilation. Default 1. */
  groups?: number;
  /** Default 1. */
  stride?: number;
  /** Spacing of the 3x3 kernels' taps. Default 1. */
  dilation?: number;
  /** The way around the block. Default 'identity'. */
  shortcut?: Shortcut;
  /** Chance that training leaves the block's branch out, per example (Huang et al. 2016). Default 0. */
  dropRate?: number;
  /** Seed of the draws for `dropRate`. Default: unseeded. */
  seed?: number | undefined;
  style: BlockStyle;
}

/** Channels that a bottleneck puts out, for one of its width (He et al. 2016, table 1). */
export const BOTTLENECK_EXPANSION = 4;

/** A function that appends a residual block to a symbolic tensor. */
export type ResidualBlock = (input: tf.SymbolicTensor, options: ResidualBlockOptions) => tf.SymbolicTensor;

/**
 * The block of ResNet-18 and -34 and of the CIFAR nets: two 3x3 convolutions (He et al. 2016, figure 5, left).
 *
 * [batch, height, width, channels] to [batch, ceil(height / stride), ceil(width / stride), filters]
 */
export function basicBlock(input: tf.SymbolicTensor, options: ResidualBlockOptions): tf.SymbolicTensor {
  const { name, filters, stride = 1, dilation = 1, style } = options;
  let x = convolution(input, style, { name: `${name}_1_conv`, filters, kernelSize: 3, stride, dilation });
  x = relu(norm(x, style, { name: `${name}_1_bn` }), `${name}_1_relu`);
  x = convolution(x, style, { name: `${name}_2_conv`, filters, kernelSize: 3, dilation });
  x = norm(x, style, { name: `${name}_2_bn`, zeroGamma: style.zeroInitResidual ?? false });
  return joined(input, x, filters, options);
}

/**
 * The block of ResNet-50, -101 and -152: 1x1, 3x3 and 1x1 convolutions (He et al. 2016, figure 5, right).
 *
 * [batch, height, width, channels] to [batch, ceil(height / stride), ceil(width / stride), 4 * filters]
 *
 * @throws ArgumentError for a dilation of grouped convolutions.
 */
export function bottleneckBlock(input: tf.SymbolicTensor, options: ResidualBlockOptions): tf.SymbolicTensor {
  const { name, filters, width = filters, groups = 1, stride = 1, dilation = 1, style } = options;
  if (groups > 1 && dilation > 1) throw new ArgumentError('dilation', '1 for grouped convolutions', dilation);
  const [first, second] = style.strideIn === 'first' ? [stride, 1] : [1, stride];
  const filtersOut = BOTTLENECK_EXPANSION * filters;
  let x = convolution(input, style, { name: `${name}_1_conv`, filters: width, kernelSize: 1, stride: first });
  x = relu(norm(x, style, { name: `${name}_1_bn` }), `${name}_1_relu`);
  const middle = { name: `${name}_2_conv`, filters: width, kernelSize: 3, stride: second };
  x =
    groups === 1
      ? convolution(x, style, { ...middle, dilation })
      : groupedConvolution(x, style, { ...middle, groups });
  x = relu(norm(x, style, { name: `${name}_2_bn` }), `${name}_2_relu`);
  x = convolution(x, style, { name: `${name}_3_conv`, filters: filtersOut, kernelSize: 1 });
  x = norm(x, style, { name: `${name}_3_bn`, zeroGamma: style.zeroInitResidual ?? false });
  return joined(input, x, filtersOut, options);
}

/** The block's end: gate, chance to drop the branch, sum with the shortcut, rectifier. */
function joined(
  input: tf.SymbolicTensor,
  branch: tf.SymbolicTensor,
  filters: number,
  options: ResidualBlockOptions,
): tf.SymbolicTensor {
  const { name, stride = 1, shortcut = 'identity', dropRate = 0, seed, style } = options;
  const reduction = style.squeezeReduction;
  const gated = reduction === undefined ? branch : squeezeExcitation(branch, style, { name, reduction });
  if (shortcut === 'none') return relu(gated, `${name}_out`);
  const dropped = dropRate === 0 ? gated : stochasticDepth(gated, { name: `${name}_drop`, dropRate, seed });
  const around = shortcutPath(input, shortcut, style, { name, filters, stride });
  const ways = style.sumFirst === 'branch' ? [dropped, around] : [around, dropped];
  return relu(apply(tf.layers.add({ name: `${name}_add` }), ways), `${name}_out`);
}
