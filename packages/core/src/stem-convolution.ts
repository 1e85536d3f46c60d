import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { memoize } from './memoize';

/** Arguments of {@link stemConvolution}: those of `tf.layers.conv2d`. */
export type StemConvolutionArguments = Parameters<typeof tfl.layers.conv2d>[0];

/**
 * A convolution over pictures whose own gradient nobody needs; it saves and loads as the stock `Conv2D`.
 *
 * The stock layer's fused operation computes its input's gradient always. This one leaves that to the tape, which leaves
 * it out for a network's first convolution, the most expensive one per weight.
 */
export function stemConvolution(args: StemConvolutionArguments): tfl.layers.Layer {
  return new (stemConvolutionClass())(args);
}

interface StockConv2D extends tfl.layers.Layer {
  readonly kernel: tfl.LayerVariable;
  readonly bias: tfl.LayerVariable | null | undefined;
  readonly strides: [number, number];
  readonly padding: 'same' | 'valid';
  readonly dilationRate: [number, number];
  readonly dataFormat: string;
  readonly activation: { getClassName(): string };
}

const stemConvolutionClass = /* @__PURE__ */ memoize(
  (): new (args: StemConvolutionArguments) => tfl.layers.Layer => {
    const Stock = tfl.layers.conv2d({ filters: 1, kernelSize: 1 }).constructor as new (
      args: StemConvolutionArguments,
    ) => StockConv2D;
    return class Conv2D extends Stock {
      override call(
        inputs: tf.Tensor | tf.Tensor[],
        kwargs: Record<string, unknown>,
      ): tf.Tensor | tf.Tensor[] {
        const isTraining =
          (tf.engine() as unknown as { state: { gradientDepth: number } }).state.gradientDepth > 0;
        if (
          !isTraining ||
          this.activation.getClassName() !== 'linear' ||
          this.dataFormat !== 'channelsLast'
        ) {
          return super.call(inputs, kwargs);
        }
        const input = (Array.isArray(inputs) ? inputs[0]! : inputs) as tf.Tensor4D;
        return tf.tidy(() => {
          const kernel = this.kernel.read() as tf.Tensor4D;
          const convolved = tf.conv2d(input, kernel, this.strides, this.padding, 'NHWC', this.dilationRate);
          return this.bias ? tf.add(convolved, this.bias.read()) : convolved;
        });
      }
    };
  },
);
