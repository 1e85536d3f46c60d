import * as tf from '@tensorflow/tfjs-core';
import {
  ArgumentError,
  pixelNormalization,
  type PixelNormalization,
  type PixelNormalizationMode,
} from '@zoo/core';

/**
 * Converts RGB pixels of 0 to 255 to the inputs of published weights: keras.applications' `preprocess_input`, with more modes.
 *
 * 'caffe' (the default, for Keras' ResNet-50, -101 and -152) turns RGB into BGR and subtracts ImageNet's mean; 'tf' (for the V2 networks)
 * maps to -1..1; 'torch' (for torchvision's and timm's) standardises by ImageNet's mean and deviation; 'raw' changes nothing; 'scale'
 * divides by 255 (the blog post). With another mode than in training a network gives wrong answers without an error.
 *
 * @param pixels One picture or a batch of them. [..., height, width, 3]
 * @returns A new tensor, the caller's. [..., height, width, 3]
 * @throws ArgumentError for an unknown mode and for pixels without three channels.
 */
export function preprocessInput(
  pixels: tf.Tensor,
  mode: PixelNormalizationMode | PixelNormalization = 'caffe',
): tf.Tensor {
  const { channelOrder, divisor, mean, standardDeviation } = pixelNormalization(mode);
  if ((pixels.rank !== 3 && pixels.rank !== 4) || pixels.shape[pixels.rank - 1] !== 3) {
    const isChannelsFirst = pixels.rank >= 3 && pixels.shape[pixels.rank - 3] === 3;
    const axes = pixels.rank === 3 ? '[1, 2, 0]' : '[0, 2, 3, 1]';
    throw new ArgumentError(
      'pixels',
      'a tensor of shape [height, width, 3] or [batch, height, width, 3]',
      pixels,
      isChannelsFirst ? `Channels come last here: \`tf.transpose(pixels, ${axes})\`.` : '',
    );
  }
  return tf.tidy(() => {
    const values = tf.cast(pixels, 'float32');
    const ordered = channelOrder === 'bgr' ? tf.reverse(values, -1) : values;
    return tf.div(
      tf.sub(tf.div(ordered, divisor), tf.tensor1d([...mean])),
      tf.tensor1d([...standardDeviation]),
    );
  });
}
