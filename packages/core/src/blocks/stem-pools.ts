import * as tfl from '@tensorflow/tfjs-layers';

import { activatedConvolution, apply, type BlockStyle, zeroPadding } from './layers';

/** Halves a stem's output: [batch, height, width, channels] to half of the height and width. */
export type StemPool = (input: tfl.SymbolicTensor, style: BlockStyle) => tfl.SymbolicTensor;

/** A strided 3x3 convolution, norm and activation in the pool's place: ResNet-RS (Bello et al. 2021). */
export const convolutionPool: StemPool = (input, style) =>
  activatedConvolution(input, style, 'pool1', { filters: input.shape[3]!, kernelSize: 3, stride: 2 });

/** 3x3 maxima at every second pixel, padded by one line that never is the maximum: PyTorch's, for inputs without a ReLU before. */
export const paddedMaximumPool: StemPool = (input) => {
  // TensorFlow pads an even picture at the far side only, but at stride 1 both sides alike.
  const most = tfl.layers.maxPooling2d({ name: 'pool1_max', poolSize: 3, strides: 1, padding: 'same' });
  return apply(tfl.layers.maxPooling2d({ name: 'pool1_pool', poolSize: 1, strides: 2 }), apply(most, input));
};

/** 3x3 maxima at every second pixel, padded only at the far side: Caffe's, and therefore the first SENets' (timm's senet.py). */
export const farPaddedPool: StemPool = (input) => {
  const far: [number, number] = [0, 1];
  const padded = apply(tfl.layers.zeroPadding2d({ name: 'pool1_pad', padding: [far, far] }), input);
  return apply(tfl.layers.maxPooling2d({ name: 'pool1_pool', poolSize: 3, strides: 2 }), padded);
};

/** 3x3 maxima at every second pixel, padded by one line of zeros, which can be the maximum: BiT's. */
export const zeroPaddedPool: StemPool = (input) =>
  apply(
    tfl.layers.maxPooling2d({ name: 'pool1_pool', poolSize: 3, strides: 2 }),
    zeroPadding(input, 'pool1_pad', 1),
  );
