import * as tfl from '@tensorflow/tfjs-layers';

import { dropout } from '../dropout';
import { ArgumentError } from '../errors';

import { squeezeExcitation } from './channel-attention';
import {
  activated,
  activatedConvolution,
  apply,
  type BlockStyle,
  convolution,
  type ConvolutionOptions,
  type Gate,
  groupedConvolution,
  norm,
  relu,
} from './layers';

/**
 * How option A of the paper (identity, zeros for the new channels) was published; weights trained with one form do not fit another.
 *
 * - `subsample-pad-end`: every second pixel, zero channels behind (facebookarchive/fb.resnet.torch).
 * - `subsample-pad-both`: every second pixel, half of the zero channels on either side (akamaster/pytorch_resnet_cifar10).
 * - `average-pad-both`: 2x2 average, half of the zero channels on either side (tensorflow/models, nn_blocks.py).
 * - `average-pad-end`: 2x2 average, zero channels behind (justadudewhohacks/face-api.js).
 */
export type PaddedShortcut =
  'subsample-pad-end' | 'subsample-pad-both' | 'average-pad-both' | 'average-pad-end';

/**
 * The shortcut of a block:
 *
 * - `identity`: the input itself; shapes must agree.
 * - a {@link PaddedShortcut}: option A of the paper, without weights.
 * - `projection`: a strided 1x1 convolution and a norm; options B and C.
 * - `average-projection`: a 2x2 average for the stride, then a 1x1 convolution and a norm (ResNet-D, He et al. 2019).
 * - `none`: no shortcut; the network is plain.
 */
export type Shortcut = 'identity' | PaddedShortcut | 'projection' | 'average-projection' | 'none';

/** Options of every residual block. */
export interface ResidualBlockOptions {
  /** Prefix of the layers' names: `conv2_block1` makes `conv2_block1_1_conv` and so on, as in keras.applications. */
  name: string;
  /** Channels of the block's 3x3 convolutions in the paper's table; a bottleneck returns four times as many. */
  filters: number;
  /** Channels of a bottleneck's inner convolutions, where they differ from `filters`: wide networks. Default `filters`. */
  width?: number;
  /** Channels of a bottleneck's first convolution, where they differ from `width`: SENet-154, pruned networks. Default `width`. */
  firstWidth?: number;
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

/** Channels that a bottleneck returns, for one of its width (He et al. 2016, table 1). */
export const BOTTLENECK_EXPANSION = 4;

/** A function that appends a residual block to a symbolic tensor. */
export type ResidualBlock = (input: tfl.SymbolicTensor, options: ResidualBlockOptions) => tfl.SymbolicTensor;

/**
 * The block of ResNet-18 and -34 and of the CIFAR networks: two 3x3 convolutions (He et al. 2016, figure 5, left).
 *
 * [batch, height, width, channels] to [batch, ceil(height / stride), ceil(width / stride), filters]
 */
export function basicBlock(input: tfl.SymbolicTensor, options: ResidualBlockOptions): tfl.SymbolicTensor {
  const { name, filters, stride = 1, dilation = 1, style } = options;
  let x = activatedConvolution(input, style, `${name}_1`, { filters, kernelSize: 3, stride, dilation });
  x = convolution(x, style, { name: `${name}_2_conv`, filters, kernelSize: 3, dilation });
  x = norm(x, style, { name: `${name}_2_bn`, zeroGamma: style.zeroInitResidual ?? false });
  return sumAndRelu(input, x, filters, options);
}

/**
 * The block of ResNet-50, -101 and -152: 1x1, 3x3 and 1x1 convolutions (He et al. 2016, figure 5, right).
 *
 * [batch, height, width, channels] to [batch, ceil(height / stride), ceil(width / stride), 4 * filters]
 *
 * @throws ArgumentError for grouped convolutions with a `dilation` other than 1.
 */
export function bottleneckBlock(
  input: tfl.SymbolicTensor,
  options: ResidualBlockOptions,
): tfl.SymbolicTensor {
  const { name, filters, width = filters, groups = 1, stride = 1, dilation = 1, style } = options;
  const { firstWidth = width } = options;
  if (groups > 1 && dilation > 1) throw new ArgumentError('dilation', '1 for grouped convolutions', dilation);
  const [first, second] = style.strideIn === 'first' ? [stride, 1] : [1, stride];
  const filtersOut = BOTTLENECK_EXPANSION * filters;
  let x = activatedConvolution(input, style, `${name}_1`, {
    filters: firstWidth,
    kernelSize: 1,
    stride: first,
  });
  const middle = { filters: width, kernelSize: 3, stride: second, dilation };
  x = activatedConvolution(x, style, `${name}_2`, middle, groups > 1 ? inGroups(groups) : convolution);
  x = convolution(x, style, { name: `${name}_3_conv`, filters: filtersOut, kernelSize: 1 });
  x = norm(x, style, { name: `${name}_3_bn`, zeroGamma: style.zeroInitResidual ?? false });
  return sumAndRelu(input, x, filtersOut, options);
}

const inGroups =
  (groups: number): typeof convolution =>
  (input, style, { filters, kernelSize, stride = 1, name }: ConvolutionOptions) =>
    groupedConvolution(input, style, { name, filters, kernelSize, stride, groups });

/** The block's end: gate, chance to drop the branch, sum with the shortcut, activation. */
function sumAndRelu(
  input: tfl.SymbolicTensor,
  branch: tfl.SymbolicTensor,
  filters: number,
  options: ResidualBlockOptions,
): tfl.SymbolicTensor {
  const { name, stride = 1, shortcut = 'identity', style } = options;
  const gated = (style.gate ?? squeezed)(branch, name, style);
  if (shortcut === 'none') return relu(gated, `${name}_out`, style);
  const dropped = stochasticDepth(gated, options);
  const around = shortcutPath(input, shortcut, style, { name, filters, stride });
  const ways = style.sumFirst === 'branch' ? [dropped, around] : [around, dropped];
  return relu(apply(tfl.layers.add({ name: `${name}_add` }), ways), `${name}_out`, style);
}

/** The gate that the style's `squeezeReduction` asks for. */
const squeezed: Gate = (branch, name, style) => {
  const { squeezeReduction: reduction } = style;
  if (reduction === undefined) return branch;
  return squeezeExcitation(branch, name, Math.max(1, Math.floor(branch.shape[3]! / reduction)), style);
};

/**
 * The pre-activation block with two 3x3 convolutions: norm and ReLU come before each (He et al. 2016b, figure 4e).
 *
 * A projection reads the activated input; any other shortcut reads the input itself.
 *
 * [batch, height, width, channels] to [batch, ceil(height / stride), ceil(width / stride), filters]
 */
export function preActivationBasicBlock(
  input: tfl.SymbolicTensor,
  options: ResidualBlockOptions,
): tfl.SymbolicTensor {
  const { name, filters, stride = 1, dilation = 1, style } = options;
  const ready = activated(input, style, `${name}_preact`);
  const convolve = { filters, kernelSize: 3, dilation };
  let x = activatedConvolution(ready, style, `${name}_1`, { stride, bias: false, ...convolve });
  x = convolution(x, style, { name: `${name}_2_conv`, ...convolve });
  return preActivationSum(input, ready, x, filters, options);
}

/**
 * The pre-activation bottleneck of ResNet-50 V2 and similar networks, and of ResNet-164 and -1001 (He et al. 2016b).
 *
 * With `convolutionBias`, only the convolutions that no norm follows have one: the third and the projection, as in keras.applications.
 *
 * [batch, height, width, channels] to [batch, ceil(height / stride), ceil(width / stride), 4 * filters]
 */
export function preActivationBottleneckBlock(
  input: tfl.SymbolicTensor,
  options: ResidualBlockOptions,
): tfl.SymbolicTensor {
  const { name, filters, width = filters, stride = 1, dilation = 1, style } = options;
  const [first, second] = style.strideIn === 'first' ? [stride, 1] : [1, stride];
  const filtersOut = BOTTLENECK_EXPANSION * filters;
  const ready = activated(input, style, `${name}_preact`);
  const inner = { filters: width, bias: false };
  let x = activatedConvolution(ready, style, `${name}_1`, { kernelSize: 1, stride: first, ...inner });
  x = activatedConvolution(x, style, `${name}_2`, {
    kernelSize: 3,
    stride: second,
    dilation,
    padding: style.padding,
    ...inner,
  });
  x = convolution(x, style, { name: `${name}_3_conv`, filters: filtersOut, kernelSize: 1 });
  return preActivationSum(input, ready, x, filtersOut, options);
}

/** The block's end: chance to drop the branch, sum with the shortcut; no ReLU, because the next block begins with one. */
function preActivationSum(
  input: tfl.SymbolicTensor,
  activated: tfl.SymbolicTensor,
  branch: tfl.SymbolicTensor,
  filters: number,
  options: ResidualBlockOptions,
): tfl.SymbolicTensor {
  const { name, stride = 1, shortcut = 'identity', style } = options;
  if (shortcut === 'none') return branch;
  const dropped = stochasticDepth(branch, options);
  const around =
    shortcut === 'identity' && stride > 1
      ? apply(tfl.layers.maxPooling2d({ name: `${name}_0_pool`, poolSize: 1, strides: stride }), input)
      : shortcutPath(shortcut.endsWith('projection') ? activated : input, shortcut, style, {
          name,
          filters,
          stride,
          normalized: false,
        });
  return apply(tfl.layers.add({ name: `${name}_out` }), [around, dropped]);
}

/**
 * Leaves the whole branch of some examples out in training and scales the others up (Huang et al. 2016, as torchvision's
 * `StochasticDepth(mode='row')`); in inference it does nothing. A stock `Dropout` with one draw for each example.
 */
function stochasticDepth(branch: tfl.SymbolicTensor, options: ResidualBlockOptions): tfl.SymbolicTensor {
  const { name, dropRate: rate = 0, seed } = options;
  if (rate === 0) return branch;
  const noiseShape = [null, 1, 1, 1] as unknown as number[];
  const args = { name: `${name}_drop`, rate, noiseShape, ...(seed === undefined ? {} : { seed }) };
  return apply(dropout(args), branch);
}

interface ShortcutOptions {
  /** The block's name; layers are called `<name>_0_conv`, `<name>_0_bn`, `<name>_0_pool` and `<name>_0_pad`. */
  name: string;
  /** Channels that the block returns. */
  filters: number;
  stride: number;
  /** False if no norm follows the projection, as in pre-activation blocks; it then keeps its bias if the style has any. Default true. */
  normalized?: boolean;
}

/** The tensor that a block adds to its branch. [batch, height, width, channels] to [batch, ceil(height / stride), ..., filters] */
function shortcutPath(
  input: tfl.SymbolicTensor,
  kind: Exclude<Shortcut, 'none'>,
  style: BlockStyle,
  options: ShortcutOptions,
): tfl.SymbolicTensor {
  if (kind === 'identity') return input;
  if (kind === 'projection') return projection(input, style, options);
  if (kind === 'average-projection') {
    const pooled = averagePool(input, `${options.name}_0_pool`, 2, options.stride);
    return projection(pooled, style, { ...options, stride: 1 });
  }
  return padded(input, kind, options);
}

function projection(
  input: tfl.SymbolicTensor,
  style: BlockStyle,
  options: ShortcutOptions,
): tfl.SymbolicTensor {
  const { name, filters, stride, normalized = true } = options;
  const kernelSize = (stride > 1 && style.projectionSize) || 1;
  const convolved = convolution(input, style, { name: `${name}_0_conv`, filters, kernelSize, stride });
  return normalized ? norm(convolved, style, { name: `${name}_0_bn` }) : convolved;
}

function padded(
  input: tfl.SymbolicTensor,
  kind: PaddedShortcut,
  { name, filters, stride }: ShortcutOptions,
): tfl.SymbolicTensor {
  const poolSize = kind.startsWith('average') ? stride : 1;
  const pooled = averagePool(input, `${name}_0_pool`, poolSize, stride);
  const missing = filters - input.shape[3]!;
  if (missing === 0) return pooled;
  const before = kind.endsWith('both') ? Math.floor(missing / 2) : 0;
  return apply(
    tfl.layers.zeroPadding2d({
      name: `${name}_0_pad`,
      // With `channelsFirst` the layer pads the last two dimensions, which are width and channels in our tensors.
      dataFormat: 'channelsFirst',
      padding: [
        [0, 0],
        [before, missing - before],
      ],
    }),
    pooled,
  );
}

/** An average over `poolSize` by `poolSize` pixels at every `stride`-th; pixels past an odd picture's edge don't count. */
function averagePool(
  input: tfl.SymbolicTensor,
  name: string,
  poolSize: number,
  stride: number,
): tfl.SymbolicTensor {
  if (stride === 1) return input;
  return apply(
    tfl.layers.averagePooling2d({
      name,
      poolSize,
      strides: stride,
      padding: poolSize === 1 ? 'valid' : 'same',
    }),
    input,
  );
}
