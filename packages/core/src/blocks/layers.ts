import * as tfl from '@tensorflow/tfjs-layers';

import { batchNormalization } from '../batch-normalization';
import type { Initializer } from '../initializers';
import { groupedConvolutionLayer } from '../layers/grouped-convolution';
import { stemConvolution } from '../stem-convolution';

import type { Normalization } from './normalizations';

/** What all blocks of one network share: the details in which published weights of one architecture differ. */
export interface BlockStyle {
  /** True if convolutions have a bias, though a norm follows that makes it idle: Keras' published weights do. */
  readonly convolutionBias: boolean;
  /** Added to the variance by every norm: 1.001e-5 in keras.applications, 1e-5 in torchvision, 1e-3 by Keras' layer default. */
  readonly epsilon: number;
  /** Share of the old average that a training step keeps (Keras' convention): 0.99 in Keras, 0.9 in torchvision. */
  readonly momentum: number;
  /**
   * Which convolution of a bottleneck strides: the first (1x1) in the paper and in Keras ("v1"), the second (3x3) in
   * torchvision ("v1.5").
   */
  readonly strideIn: 'first' | 'second';
  /**
   * How a strided kernel larger than 1x1 is padded: 'explicit' pads both sides alike, as the papers, Keras' ZeroPadding2D and
   * PyTorch do; 'same' is TensorFlow's, which pads an even picture at the far side only: same shapes, shifted values.
   */
  readonly padding: 'explicit' | 'same';
  /**
   * Which way around a block the sum at its end lists first. The values are the same; the order in which Keras lists the layers is not,
   * and files are loaded by it. 'shortcut' in keras.applications. Default 'shortcut'.
   */
  readonly sumFirst?: 'shortcut' | 'branch';
  /** What draws the kernel of the layer with this name; a function of the name, so that seeds can be derived from it. */
  readonly kernelInitializer: (layerName: string) => Initializer;
  /** True if the last norm of every block starts with gamma 0, so that blocks start as identities (Goyal et al. 2017). Default false. */
  readonly zeroInitResidual?: boolean;
  /** Reduction of a squeeze-and-excitation gate at each block's end (Hu et al. 2018); 16 in the paper. Default: no gate. */
  readonly squeezeReduction?: number | undefined;
  /** Another gate at each block's end, in place of the one that `squeezeReduction` makes. */
  readonly gate?: Gate;
  /** Replaces batch norms. */
  readonly normalization?: Normalization | undefined;
  /** TensorFlow.js' name of the activation. Default 'relu'. */
  readonly activation?: ActivationName | undefined;
  /** What halves feature maps, in place of strides. Default: strides do. */
  readonly antialias?: Antialiasing | undefined;
  /** Makes convolutions, in place of `tf.layers.conv2d`. */
  readonly convolutionLayer?: (args: Parameters<typeof tfl.layers.conv2d>[0]) => tfl.layers.Layer;
  /** Side of a projection's kernel where it strides. Default 1; 3 in SENet-154. */
  readonly projectionSize?: 3;
}

/** Multiplies the end of a block's branch, channel by channel: [batch, height, width, channels] to the same. */
export type Gate = (input: tfl.SymbolicTensor, name: string, style: BlockStyle) => tfl.SymbolicTensor;

/** How a network halves its feature maps without aliasing: strided convolutions become plain ones, and this follows their activation. */
export interface Antialiasing {
  /** What it is recorded by in a model's metadata. */
  readonly name: string;
  /** [batch, height, width, channels] to [batch, ceil(height / 2), ceil(width / 2), channels] */
  readonly halve: (input: tfl.SymbolicTensor, name: string) => tfl.SymbolicTensor;
  /** Replaces the stem's pool. */
  readonly stemPool: (input: tfl.SymbolicTensor) => tfl.SymbolicTensor;
}

/** TensorFlow.js' names of the activations that networks can have. */
export type ActivationName =
  'relu' | 'relu6' | 'elu' | 'selu' | 'swish' | 'mish' | 'gelu' | 'tanh' | 'softplus';

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
  /** True if this is the network's first convolution: its input's gradient is never needed. Default false. */
  isStem?: boolean;
}

/** A convolution of the block's style: [batch, height, width, channels] to [batch, ceil(height / stride), ..., filters]. */
export function convolution(
  input: tfl.SymbolicTensor,
  style: BlockStyle,
  options: ConvolutionOptions,
): tfl.SymbolicTensor {
  const { name, filters, kernelSize, stride = 1, dilation = 1, bias = style.convolutionBias } = options;
  const { input: picture, padding } = paddedInput(input, style, options);
  const layer = style.convolutionLayer ?? (options.isStem === true ? stemConvolution : tfl.layers.conv2d);
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
function paddedInput(
  input: tfl.SymbolicTensor,
  style: BlockStyle,
  options: Pick<ConvolutionOptions, 'name' | 'kernelSize' | 'stride' | 'dilation' | 'padding'>,
): { input: tfl.SymbolicTensor; padding: 'valid' | 'same' } {
  const { name, kernelSize, stride = 1, dilation = 1 } = options;
  // At stride 1 the two paddings are the same, and one layer does.
  const pads = options.padding === 'explicit' || (style.padding === 'explicit' && stride > 1);
  if (!pads || kernelSize === 1) return { input, padding: 'same' };
  const reach = ((kernelSize - 1) * dilation) / 2;
  return { input: zeroPadding(input, name.replace(/_conv$/, '_pad'), reach), padding: 'valid' };
}

/** Options of {@link groupedConvolution}. */
export interface GroupedConvolutionOptions extends Omit<
  ConvolutionOptions,
  'bias' | 'dilation' | 'padding' | 'isStem'
> {
  /** Groups that the channels are cut into; each convolves its own. */
  groups: number;
}

/**
 * A grouped convolution of the block's style (Xie et al. 2017): {@link groupedConvolutionLayer}, padded as {@link convolution}. It has no
 * bias, because a norm follows.
 *
 * [batch, height, width, channels] to [batch, ceil(height / stride), ceil(width / stride), filters]
 *
 * @throws ArgumentError if `groups` do not divide the input's channels and `filters`.
 */
export function groupedConvolution(
  input: tfl.SymbolicTensor,
  style: BlockStyle,
  options: GroupedConvolutionOptions,
): tfl.SymbolicTensor {
  const { name, filters, groups, kernelSize, stride = 1 } = options;
  const { input: picture, padding } = paddedInput(input, style, options);
  const kernelInitializer = style.kernelInitializer(name);
  const layer = { name, filters, groups, kernelSize, strides: stride, padding, kernelInitializer };
  return apply(groupedConvolutionLayer(layer), picture);
}

/** Options of {@link norm}. */
export interface NormOptions {
  name: string;
  /** True if gamma starts at 0. Default false. */
  zeroGamma?: boolean;
  /** False for a norm without gamma; of batch norms alone. Default true. */
  scale?: boolean;
  /** True if an activation follows, which some norms are themselves. Default false. */
  activates?: boolean;
}

/** A norm of the block's style, over channels. */
export function norm(input: tfl.SymbolicTensor, style: BlockStyle, options: NormOptions): tfl.SymbolicTensor {
  const { name, zeroGamma = false, scale = true, activates = false } = options;
  const { epsilon, momentum, normalization } = style;
  const gamma = zeroGamma ? ({ gammaInitializer: 'zeros' } as const) : {};
  const layer = normalization
    ? normalization.layer({ name, activates, ...gamma })
    : batchNormalization({ name, axis: 3, epsilon, momentum, scale, ...gamma });
  return apply(layer, input);
}

/** An activation: a ReLU, unless the style says another. */
export function relu(input: tfl.SymbolicTensor, name: string, style?: BlockStyle): tfl.SymbolicTensor {
  const activation = (style?.activation ?? 'relu') as 'relu';
  return apply(tfl.layers.activation({ name, activation }), input);
}

/** A norm and an activation of the block's style, called `<prefix>_bn` and `<prefix>_relu` whatever their kind. */
export function activated(input: tfl.SymbolicTensor, style: BlockStyle, prefix: string): tfl.SymbolicTensor {
  const normalized = norm(input, style, { name: `${prefix}_bn`, activates: true });
  return style.normalization?.activates ? normalized : relu(normalized, `${prefix}_relu`, style);
}

/**
 * A convolution, norm and activation, called `<prefix>_conv`, `<prefix>_bn` and `<prefix>_relu`. If the style has `antialiasing`, the
 * picture is halved after them instead of by a stride.
 *
 * @param convolve Makes the convolution. Default {@link convolution}.
 */
export function activatedConvolution(
  input: tfl.SymbolicTensor,
  style: BlockStyle,
  prefix: string,
  options: Omit<ConvolutionOptions, 'name'>,
  convolve = convolution,
): tfl.SymbolicTensor {
  const { stride = 1 } = options;
  const halve = stride > 1 ? style.antialias?.halve : undefined;
  const convolved = convolve(input, style, {
    ...options,
    name: `${prefix}_conv`,
    stride: halve ? 1 : stride,
  });
  const x = activated(convolved, style, prefix);
  return halve ? halve(x, `${prefix}_aa`) : x;
}

/** Zeros on all four sides of a picture, `width` pixels wide. */
export function zeroPadding(input: tfl.SymbolicTensor, name: string, width: number): tfl.SymbolicTensor {
  const sides: [number, number] = [width, width];
  return apply(tfl.layers.zeroPadding2d({ name, padding: [sides, sides] }), input);
}

/** `layer`'s output for one symbolic input. */
export function apply(
  layer: tfl.layers.Layer,
  input: tfl.SymbolicTensor | tfl.SymbolicTensor[],
): tfl.SymbolicTensor {
  return layer.apply(input) as tfl.SymbolicTensor;
}
