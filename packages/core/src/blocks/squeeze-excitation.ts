import * as tf from '@tensorflow/tfjs';

import { apply, convolution, relu } from './block-layers';
import type { BlockStyle } from './block-style';

/** Options of {@link squeezeExcitation}. */
export interface SqueezeExcitationOptions {
  /** The block's name; layers are called `<name>_se_squeeze`, `<name>_se_reduce_conv` and so on. */
  name: string;
  /** Channels of the gate's hidden layer: one for so many of the input's. */
  reduction: number;
}

/** A gate for each channel from the picture's mean of all: Hu et al. 2018, figure 3. [batch, height, width, channels] both ways */
export function squeezeExcitation(
  input: tf.SymbolicTensor,
  style: BlockStyle,
  { name, reduction }: SqueezeExcitationOptions,
): tf.SymbolicTensor {
  const channels = input.shape[3]!;
  const squeezed = apply(tf.layers.globalAveragePooling2d({ name: `${name}_se_squeeze` }), input);
  let gate = apply(
    tf.layers.reshape({ name: `${name}_se_reshape`, targetShape: [1, 1, channels] }),
    squeezed,
  );
  const inner = { kernelSize: 1, bias: true };
  const hidden = Math.max(1, Math.floor(channels / reduction));
  gate = convolution(gate, style, { name: `${name}_se_reduce_conv`, filters: hidden, ...inner });
  gate = relu(gate, `${name}_se_relu`);
  gate = convolution(gate, style, { name: `${name}_se_expand_conv`, filters: channels, ...inner });
  gate = apply(tf.layers.activation({ name: `${name}_se_gate`, activation: 'sigmoid' }), gate);
  return apply(tf.layers.multiply({ name: `${name}_se_scale` }), [input, gate]);
}
