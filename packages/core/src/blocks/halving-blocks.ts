import * as tfl from '@tensorflow/tfjs-layers';

import { ArgumentError } from '../errors';

import { activatedConvolution, apply } from './layers';
import type { ResidualBlock } from './residual-block';

/**
 * A convolution, norm, activation and 2x2 pool: the stages of DAWNBench's ResNet-9 that have no residual branch (davidcpage/cifar10-fast,
 * core.py).
 *
 * [batch, height, width, channels] to [batch, floor(height / 2), floor(width / 2), filters], whatever the stride.
 *
 * @throws ArgumentError for a `dilation` other than 1 or a `dropRate` other than 0.
 */
export const halvingBlock: ResidualBlock = (input, { name, filters, style, dilation = 1, dropRate = 0 }) => {
  if (dilation > 1) throw new ArgumentError('dilation', '1 for blocks that pool', dilation);
  if (dropRate > 0) throw new ArgumentError('dropRate', '0 for blocks that pool', dropRate);
  const x = activatedConvolution(input, style, `${name}_0`, { filters, kernelSize: 3 });
  return apply(tfl.layers.maxPooling2d({ name: `${name}_0_max`, poolSize: 2, strides: 2 }), x);
};

/**
 * A {@link halvingBlock}, then a residual branch of two convolutions, each with norm and activation; no activation follows the sum.
 *
 * [batch, height, width, channels] to [batch, floor(height / 2), floor(width / 2), filters]
 */
export const halvingResidualBlock: ResidualBlock = (input, options) => {
  const { name, filters, style, shortcut } = options;
  const halved = halvingBlock(input, options);
  const convolve = { filters, kernelSize: 3 };
  let x = activatedConvolution(halved, style, `${name}_1`, convolve);
  x = activatedConvolution(x, style, `${name}_2`, convolve);
  return shortcut === 'none' ? x : apply(tfl.layers.add({ name: `${name}_out` }), [halved, x]);
};
