import * as tfl from '@tensorflow/tfjs-layers';

import { apply, convolution, relu, type BlockStyle, type Gate } from './layers';

/**
 * A gate for each channel, computed from the picture's means of all of them by a layer of `hidden` units (Hu et al. 2018, figure 3).
 *
 * [batch, height, width, channels] to the same.
 */
export function squeezeExcitation(
  input: tfl.SymbolicTensor,
  name: string,
  hidden: number,
  style: BlockStyle,
): tfl.SymbolicTensor {
  const channels = input.shape[3]!;
  const inner = { kernelSize: 1, bias: true };
  let gate = channelMeans(input, `${name}_se`, [1, 1, channels]);
  gate = convolution(gate, style, { name: `${name}_se_reduce_conv`, filters: hidden, ...inner });
  gate = relu(gate, `${name}_se_relu`);
  gate = convolution(gate, style, { name: `${name}_se_expand_conv`, filters: channels, ...inner });
  return gated(input, gate, `${name}_se`);
}

/** {@link squeezeExcitation} with a sixteenth of the channels as hidden units, rounded to a multiple of 8, as in timm's SE-ResNets. */
export const roundedSqueeze: Gate = (input, name, style) => {
  const share = input.shape[3]! / 16;
  return squeezeExcitation(input, name, Math.max(8, Math.floor((share + 4) / 8) * 8), style);
};

/** A ReLU, and then {@link squeezeExcitation}: the basic block of the first PyTorch port of SE-ResNet (timm's senet.py). */
export const rectifiedSqueeze: Gate = (input, name, style) =>
  squeezeExcitation(relu(input, `${name}_2_relu`), name, Math.floor(input.shape[3]! / 16), style);

/**
 * Efficient channel attention (Wang et al. 2020, section 3): a gate for each channel, computed from its own mean and those of its
 * neighbours by one small kernel that all channels share. Its size follows from the number of channels, as in timm's `EcaModule`.
 */
export const efficientAttention: Gate = (input, name, style) => {
  const least = Math.floor((Math.log2(input.shape[3]!) + 1) / 2);
  return attentionOfSize(Math.max(3, least + ((least + 1) % 2)))(input, name, style);
};

/** {@link efficientAttention} with a kernel of `kernelSize` channels. */
export const attentionOfSize =
  (kernelSize: number): Gate =>
  (input, name, style) => {
    const channels = input.shape[3]!;
    const kernelName = `${name}_eca_conv`;
    const kernel = tfl.layers.conv1d({
      name: kernelName,
      filters: 1,
      kernelSize,
      padding: 'same',
      useBias: false,
      kernelInitializer: style.kernelInitializer(kernelName),
    });
    const neighbours = apply(kernel, channelMeans(input, `${name}_eca`, [channels, 1]));
    const shape = { name: `${name}_eca_merge`, targetShape: [1, 1, channels] };
    return gated(input, apply(tfl.layers.reshape(shape), neighbours), `${name}_eca`);
  };

/** The picture's mean of each channel, in this shape. */
function channelMeans(input: tfl.SymbolicTensor, prefix: string, targetShape: number[]): tfl.SymbolicTensor {
  const means = apply(tfl.layers.globalAveragePooling2d({ name: `${prefix}_squeeze` }), input);
  return apply(tfl.layers.reshape({ name: `${prefix}_reshape`, targetShape }), means);
}

function gated(input: tfl.SymbolicTensor, gate: tfl.SymbolicTensor, prefix: string): tfl.SymbolicTensor {
  const open = apply(tfl.layers.activation({ name: `${prefix}_gate`, activation: 'sigmoid' }), gate);
  return apply(tfl.layers.multiply({ name: `${prefix}_scale` }), [input, open]);
}
