import * as tf from '@tensorflow/tfjs';

import { apply, convolution, norm } from './block-layers';
import type { BlockStyle } from './block-style';

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
 * The way around a block:
 *
 * - `identity`: the input itself; shapes must agree.
 * - a {@link PaddedShortcut}: option A of the paper, without weights.
 * - `projection`: a strided 1x1 convolution and a norm; options B and C.
 * - `average-projection`: a 2x2 average for the stride, then a 1x1 convolution and a norm (ResNet-D, He et al. 2019).
 * - `none`: no way around; the net is plain.
 */
export type Shortcut = 'identity' | PaddedShortcut | 'projection' | 'average-projection' | 'none';

/** Options of {@link shortcutPath}. */
export interface ShortcutOptions {
  /** The block's name; layers are called `<name>_0_conv`, `<name>_0_bn`, `<name>_0_pool` and `<name>_0_pad`. */
  name: string;
  /** Channels that the block puts out. */
  filters: number;
  stride: number;
  /** False if no norm follows the projection, as in pre-activation blocks; it then keeps its bias if the style has any. Default true. */
  normalized?: boolean;
}

/** The tensor that a block adds to its branch. [batch, height, width, channels] to [batch, ceil(height / stride), ..., filters] */
export function shortcutPath(
  input: tf.SymbolicTensor,
  kind: Exclude<Shortcut, 'none'>,
  style: BlockStyle,
  options: ShortcutOptions,
): tf.SymbolicTensor {
  if (kind === 'identity') return input;
  if (kind === 'projection') return projection(input, style, options);
  if (kind === 'average-projection') {
    const pooled = averagePool(input, `${options.name}_0_pool`, 2, options.stride);
    return projection(pooled, style, { ...options, stride: 1 });
  }
  return padded(input, kind, options);
}

function projection(
  input: tf.SymbolicTensor,
  style: BlockStyle,
  options: ShortcutOptions,
): tf.SymbolicTensor {
  const { name, filters, stride, normalized = true } = options;
  const convolved = convolution(input, style, { name: `${name}_0_conv`, filters, kernelSize: 1, stride });
  return normalized ? norm(convolved, style, { name: `${name}_0_bn` }) : convolved;
}

function padded(
  input: tf.SymbolicTensor,
  kind: PaddedShortcut,
  { name, filters, stride }: ShortcutOptions,
): tf.SymbolicTensor {
  const poolSize = kind.startsWith('average') ? stride : 1;
  const pooled = averagePool(input, `${name}_0_pool`, poolSize, stride);
  const missing = filters - input.shape[3]!;
  if (missing === 0) return pooled;
  const before = kind.endsWith('both') ? Math.floor(missing / 2) : 0;
  return apply(
    tf.layers.zeroPadding2d({
      name: `${name}_0_pad`,
      // Told that the channels come first, the layer pads the last two dimensions: of our tensors, width and channels.
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
  input: tf.SymbolicTensor,
  name: string,
  poolSize: number,
  stride: number,
): tf.SymbolicTensor {
  if (stride === 1) return input;
  return apply(
    tf.layers.averagePooling2d({
      name,
      poolSize,
      strides: stride,
      padding: poolSize === 1 ? 'valid' : 'same',
    }),
    input,
  );
}
