import * as tf from '@tensorflow/tfjs';

import { ArgumentError } from '../errors';

import { apply, type ConvolutionOptions, paddedInput } from './block-layers';
import type { BlockStyle } from './block-style';

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
 * called `name`, and the same multiply-adds, on every engine and in Keras; keras.applications built its ResNeXt so. It has no bias, for
 * a norm follows. The sum is an average, a rescaling and two reshapes, which is why height and width must be known; kernels can't be
 * dilated, for TensorFlow.js' depthwise layer ignores that.
 *
 * [batch, height, width, filters] to [batch, ceil(height / stride), ceil(width / stride), filters]
 *
 * @throws ArgumentError if `input` leaves its height or width open, or `filters` are not those of `input` or no multiple of `groups`.
 */
export function groupedConvolution(
  input: tf.SymbolicTensor,
  style: BlockStyle,
  options: GroupedConvolutionOptions,
): tf.SymbolicTensor {
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
    tf.layers.depthwiseConv2d({
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
  products: tf.SymbolicTensor,
  prefix: string,
  groups: number,
  perGroup: number,
): tf.SymbolicTensor {
  const [, height, width] = products.shape as number[] as [number, number, number];
  const layers = [
    tf.layers.reshape({
      name: `${prefix}_groups`,
      targetShape: [height * width * groups, perGroup, perGroup],
    }),
    tf.layers.averagePooling2d({
      name: `${prefix}_mean`,
      poolSize: [1, perGroup],
      strides: [1, perGroup],
    }),
    tf.layers.rescaling({ name: `${prefix}_sum`, scale: perGroup }),
    tf.layers.reshape({ name: `${prefix}_merge`, targetShape: [height, width, groups * perGroup] }),
  ];
  return layers.reduce((x, layer) => apply(layer, x), products);
}
