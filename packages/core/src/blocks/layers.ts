import * as tfl from '@tensorflow/tfjs-layers';

import { batchNormalization } from '../batch-normalization';
import { ArgumentError } from '../errors';
import type { Initializer } from '../initializers';
import { stemConvolution } from '../stem-convolution';

/** What all blocks of one network share: the details that published weights of one architecture differ in. */
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
}

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
  const layer = options.isStem === true ? stemConvolution : tfl.layers.conv2d;
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
 * A grouped convolution (Xie et al. 2017) of stock layers: a depthwise convolution that computes every product, and a sum within groups.
 *
 * TensorFlow.js has no layer for it. This one has the same weights, [kernelSize, kernelSize, filters, filters / groups] in the layer
 * called `name`, and the same multiply-adds, on every engine and in Keras; keras.applications built its ResNeXt so. It has no bias, because
 * a norm follows. The sum is an average, a rescaling and two reshapes, which is why height and width must be known; kernels can't be
 * dilated, because TensorFlow.js' depthwise layer ignores that.
 *
 * [batch, height, width, filters] to [batch, ceil(height / stride), ceil(width / stride), filters]
 *
 * @throws ArgumentError if `input` leaves its height or width open, or `filters` are not those of `input` or no multiple of `groups`.
 */
export function groupedConvolution(
  input: tfl.SymbolicTensor,
  style: BlockStyle,
  options: GroupedConvolutionOptions,
): tfl.SymbolicTensor {
  const { name, filters, groups, kernelSize, stride = 1 } = options;
  const perGroup = filters / groups;
  if (input.shape[3] !== filters || !Number.isInteger(perGroup)) {
    const expected = `the input's ${input.shape[3]} channels, divided by ${groups} groups without rest,`;
    throw new ArgumentError('filters', expected, filters);
  }
  if (input.shape.slice(1, 3).includes(null)) {
    const next = 'Give `inputShape` with both.';
    throw new ArgumentError('input', 'a picture of known height and width', input.shape, next);
  }
  const { input: picture, padding } = paddedInput(input, style, options);
  const products = apply(
    tfl.layers.depthwiseConv2d({
      name,
      kernelSize,
      depthMultiplier: perGroup,
      strides: stride,
      padding,
      useBias: false,
      depthwiseInitializer: style.kernelInitializer(name),
    }),
    picture,
  );
  return sumWithinGroups(products, name.replace(/_conv$/, ''), groups, perGroup);
}

/** [batch, height, width, groups * inputs * outputs] to [batch, height, width, groups * outputs], `perGroup` being inputs and outputs. */
function sumWithinGroups(
  products: tfl.SymbolicTensor,
  prefix: string,
  groups: number,
  perGroup: number,
): tfl.SymbolicTensor {
  const [, height, width] = products.shape as number[] as [number, number, number];
  const layers = [
    tfl.layers.reshape({
      name: `${prefix}_groups`,
      targetShape: [height * width * groups, perGroup, perGroup],
    }),
    tfl.layers.averagePooling2d({
      name: `${prefix}_mean`,
      poolSize: [1, perGroup],
      strides: [1, perGroup],
    }),
    tfl.layers.rescaling({ name: `${prefix}_sum`, scale: perGroup }),
    tfl.layers.reshape({ name: `${prefix}_merge`, targetShape: [height, width, groups * perGroup] }),
  ];
  return layers.reduce((x, layer) => apply(layer, x), products);
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
export function norm(input: tfl.SymbolicTensor, style: BlockStyle, options: NormOptions): tfl.SymbolicTensor {
  const { name, zeroGamma = false, scale = true } = options;
  const { epsilon, momentum } = style;
  const gammaInitializer = zeroGamma ? ({ gammaInitializer: 'zeros' } as const) : {};
  return apply(batchNormalization({ name, axis: 3, epsilon, momentum, scale, ...gammaInitializer }), input);
}

/** A ReLU. */
export function relu(input: tfl.SymbolicTensor, name: string): tfl.SymbolicTensor {
  return apply(tfl.layers.activation({ name, activation: 'relu' }), input);
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
