import * as tf from '@tensorflow/tfjs';
import { apply, type BlockStyle, convolution, norm, relu, zeroPadding } from '@zoo/core';

import type { StemName } from './variants';

/** By how much a stem divides height and width. */
export const STEM_STRIDES: Readonly<Record<StemName, number>> = {
  imagenet: 4,
  imagenetSame: 4,
  imagenetUnpaddedPool: 4,
  deep: 4,
  half: 2,
  small: 1,
};

/** Options of {@link stem}. */
export interface StemOptions {
  kind: StemName;
  /** Channels that the stem puts out. Default 64. */
  filters?: number;
  /** False if the first block's norm stands for the stem's, as in V2 nets. Default true. */
  normalized?: boolean;
  /** True if a norm without gamma comes before everything. Default false. */
  inputNorm?: boolean;
}

/**
 * A net's beginning: [batch, height, width, channels] to 64 channels of a quarter or half of the size, or of the size itself.
 *
 * - `imagenet`: 7x7 convolution and 3x3 max pool, each of stride 2 and padded alike on all sides (He et al. 2016, table 1).
 * - `imagenetSame`: the blog post's: TensorFlow's 'same' for the convolution, no padding for the pool (112 gives 55, not 56).
 * - `imagenetUnpaddedPool`: the deeplearning.ai exercise's: as `imagenet`, with no padding for the pool.
 * - `deep`: three 3x3 convolutions, 32, 32 and 64 channels, in place of the 7x7 one (He et al. 2019, ResNet-C and -D).
 * - `half`: one 3x3 convolution, stride 2, no pool: for pictures of 64 to 128 pixels, whose detail a quarter would lose.
 * - `small`: one 3x3 convolution, stride 1, no pool (He et al. 2016, section 4.2).
 */
export function stem(
  pictures: tf.SymbolicTensor,
  style: BlockStyle,
  options: StemOptions,
): tf.SymbolicTensor {
  const { kind, filters = 64, normalized = true, inputNorm = false } = options;
  const input = inputNorm ? norm(pictures, style, { name: 'data_bn', scale: false }) : pictures;
  const finish = (x: tf.SymbolicTensor): tf.SymbolicTensor =>
    normalized ? relu(norm(x, style, { name: 'conv1_bn' }), 'conv1_relu') : x;
  const first = { name: 'conv1_conv', filters, isStem: !inputNorm };
  if (kind === 'small') return finish(convolution(input, style, { ...first, kernelSize: 3 }));
  if (kind === 'half') return finish(convolution(input, style, { ...first, kernelSize: 3, stride: 2 }));
  if (kind === 'deep') return pool(finish(deepStem(input, style, filters)), style);
  const padding = kind === 'imagenetSame' ? ('same' as const) : style.padding;
  const x = finish(convolution(input, style, { ...first, kernelSize: 7, stride: 2, padding }));
  return kind === 'imagenet' ? pool(x, style) : unpaddedPool(x);
}

function deepStem(input: tf.SymbolicTensor, style: BlockStyle, filters: number): tf.SymbolicTensor {
  const inner = { filters: filters / 2, kernelSize: 3 };
  let x = convolution(input, style, { name: 'conv1_1_conv', stride: 2, isStem: true, ...inner });
  x = relu(norm(x, style, { name: 'conv1_1_bn' }), 'conv1_1_relu');
  x = convolution(x, style, { name: 'conv1_2_conv', ...inner });
  x = relu(norm(x, style, { name: 'conv1_2_bn' }), 'conv1_2_relu');
  return convolution(x, style, { name: 'conv1_conv', filters, kernelSize: 3 });
}

/** The padding is of zeros, where PyTorch pads with minus infinity: behind a rectifier they are the same. */
function pool(input: tf.SymbolicTensor, style: BlockStyle): tf.SymbolicTensor {
  const args = { name: 'pool1_pool', poolSize: 3, strides: 2 };
  if (style.padding === 'same') return apply(tf.layers.maxPooling2d({ ...args, padding: 'same' }), input);
  return apply(tf.layers.maxPooling2d(args), zeroPadding(input, 'pool1_pad', 1));
}

function unpaddedPool(input: tf.SymbolicTensor): tf.SymbolicTensor {
  return apply(tf.layers.maxPooling2d({ name: 'pool1_pool', poolSize: 3, strides: 2 }), input);
}
