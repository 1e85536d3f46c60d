import * as tf from '@tensorflow/tfjs';

import { apply, convolution, norm, relu } from './block-layers';
import { BOTTLENECK_EXPANSION, type ResidualBlockOptions } from './residual-block';
import { shortcutPath } from './shortcut';
import { stochasticDepth } from './stochastic-depth';

/**
 * The pre-activation block with two 3x3 convolutions: norm and rectifier come before each (He et al. 2016b, figure 4e).
 *
 * A projection reads the activated input, all else the input itself.
 *
 * [batch, height, width, channels] to [batch, ceil(height / stride), ceil(width / stride), filters]
 */
export function preActivationBasicBlock(
  input: tf.SymbolicTensor,
  options: ResidualBlockOptions,
): tf.SymbolicTensor {
  const { name, filters, stride = 1, dilation = 1, style } = options;
  const activated = relu(norm(input, style, { name: `${name}_preact_bn` }), `${name}_preact_relu`);
  const convolve = { filters, kernelSize: 3, dilation };
  let x = convolution(activated, style, { name: `${name}_1_conv`, stride, bias: false, ...convolve });
  x = relu(norm(x, style, { name: `${name}_1_bn` }), `${name}_1_relu`);
  x = convolution(x, style, { name: `${name}_2_conv`, ...convolve });
  return joined(input, activated, x, filters, options);
}

/**
 * The pre-activation bottleneck of ResNet-50 V2 and its like, and of ResNet-164 and -1001 (He et al. 2016b).
 *
 * Of a style with bias, the convolutions that no norm follows keep theirs, the third and the projection, as in keras.applications.
 *
 * [batch, height, width, channels] to [batch, ceil(height / stride), ceil(width / stride), 4 * filters]
 */
export function preActivationBottleneckBlock(
  input: tf.SymbolicTensor,
  options: ResidualBlockOptions,
): tf.SymbolicTensor {
  const { name, filters, width = filters, stride = 1, dilation = 1, style } = options;
  const [first, second] = style.strideIn === 'first' ? [stride, 1] : [1, stride];
  const filtersOut = BOTTLENECK_EXPANSION * filters;
  const activated = relu(norm(input, style, { name: `${name}_preact_bn` }), `${name}_preact_relu`);
  const inner = { filters: width, bias: false };
  let x = convolution(activated, style, { name: `${name}_1_conv`, kernelSize: 1, stride: first, ...inner });
  x = relu(norm(x, style, { name: `${name}_1_bn` }), `${name}_1_relu`);
  x = convolution(x, style, {
    name: `${name}_2_conv`,
    kernelSize: 3,
    stride: second,
    dilation,
    padding: style.padding,
    ...inner,
  });
  x = relu(norm(x, style, { name: `${name}_2_bn` }), `${name}_2_relu`);
  x = convolution(x, style, { name: `${name}_3_conv`, filters: filtersOut, kernelSize: 1 });
  return joined(input, activated, x, filtersOut, options);
}

/** The block's end: chance to drop the branch, sum with the shortcut; no rectifier, the next block begins with one. */
function joined(
  input: tf.SymbolicTensor,
  activated: tf.SymbolicTensor,
  branch: tf.SymbolicTensor,
  filters: number,
  options: ResidualBlockOptions,
): tf.SymbolicTensor {
  const { name, stride = 1, shortcut = 'identity', dropRate = 0, seed, style } = options;
  if (shortcut === 'none') return branch;
  const dropped = dropRate === 0 ? branch : stochasticDepth(branch, { name: `${name}_drop`, dropRate, seed });
  const around =
    shortcut === 'identity' && stride > 1
      ? apply(tf.layers.maxPooling2d({ name: `${name}_0_pool`, poolSize: 1, strides: stride }), input)
      : shortcutPath(shortcut.endsWith('projection') ? activated : input, shortcut, style, {
          name,
          filters,
          stride,
          normalized: false,
        });
  return apply(tf.layers.add({ name: `${name}_out` }), [around, dropped]);
}
