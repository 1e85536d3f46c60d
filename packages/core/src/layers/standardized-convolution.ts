import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';

import { memoize } from '../memoize';

import { type LayerSettings, soleInput, stockConvolutionClass, type ZooLayerClass } from './layer-class';

/** Arguments of {@link standardizedConvolution}: those of `tf.layers.conv2d`, channels last, and one more. */
export type StandardizedConvolutionArguments = Parameters<typeof tfl.layers.conv2d>[0] & {
  /** Added to a kernel's variance. Default 1e-6; 1e-8 in BiT. */
  kernelEpsilon?: number;
};

/**
 * A convolution that standardises its kernel at each step: of every output channel, the mean is taken off and the deviation divided out
 * (Qiao et al. 2019, weight standardisation). The weights are those of a `Conv2D`. timm's `StdConv2d`.
 *
 * Keras has no equal: the layer is refused by name in Keras' formats.
 */
export function standardizedConvolution(args: StandardizedConvolutionArguments): tfl.layers.Layer {
  return new (standardizedConvolutionClass())({ ...args });
}

/** Convolutions with standardised kernels, epsilon 1e-8, as in BiT (Kolesnikov et al. 2020; timm's resnetv2.py). */
export function bitConvolution(args: Parameters<typeof tfl.layers.conv2d>[0]): tfl.layers.Layer {
  return standardizedConvolution({ ...args, kernelEpsilon: 1e-8 });
}

/** @internal */
export const standardizedConvolutionClass = /* @__PURE__ */ memoize(
  (): ZooLayerClass =>
    class ZooStandardizedConv2D extends stockConvolutionClass() {
      static className = 'ZooStandardizedConv2D';
      private readonly kernelEpsilon: number;

      constructor(args: LayerSettings) {
        super(args);
        this.kernelEpsilon = (args['kernelEpsilon'] as number | undefined) ?? 1e-6;
      }

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() => {
          const kernel = standardizedKernel(this.kernel.read() as tf.Tensor4D, this.kernelEpsilon);
          const { strides, padding, dilationRate, bias } = this;
          const convolved = tf.conv2d(soleInput(inputs), kernel, strides, padding, 'NHWC', dilationRate);
          return this.activation.apply(bias ? tf.add(convolved, bias.read()) : convolved);
        });
      }

      override getConfig(): tf.serialization.ConfigDict {
        return { ...super.getConfig(), kernelEpsilon: this.kernelEpsilon };
      }
    },
);

/** What {@link standardizedConvolution} convolves with: mean 0 and variance 1 over all but the last axis. [height, width, in, out] to the same */
export function standardizedKernel(kernel: tf.Tensor4D, epsilon: number): tf.Tensor4D {
  return tf.tidy(() => {
    const taps = tf.reshape(kernel, [-1, kernel.shape[3]]);
    const centred = tf.sub(taps, tf.mean(taps, 0, true));
    const variance = tf.mean(tf.square(centred), 0, true);
    return tf.reshape(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), kernel.shape);
  });
}
