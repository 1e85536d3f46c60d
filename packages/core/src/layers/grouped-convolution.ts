import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';

import { ArgumentError } from '../errors';
import { memoize } from '../memoize';

import { groupedConv2d } from './grouped-conv2d';
import {
  type LayerSettings,
  soleInput,
  soleShape,
  stockConvolutionClass,
  type ZooLayerClass,
} from './layer-class';

/** Arguments of {@link groupedConvolutionLayer}: those of `tf.layers.conv2d`, channels last, and the groups. */
export type GroupedConvolutionArguments = Parameters<typeof tfl.layers.conv2d>[0] & {
  /** Groups that the channels are cut into; each convolves its own (Xie et al. 2017). */
  groups: number;
};

/**
 * Keras' `Conv2D` with `groups`, which TensorFlow.js has no layer for: the same weights, [height, width, in / groups, filters], the same
 * values, on every engine; it saves and loads as Keras' `Conv2D`. No bias, no dilation.
 *
 * @throws ArgumentError if `groups` do not divide the input's channels and the filters.
 */
export function groupedConvolutionLayer(args: GroupedConvolutionArguments): tfl.layers.Layer {
  return new (groupedConvolutionClass())({ ...args, useBias: false });
}

/** @internal */
export const groupedConvolutionClass = /* @__PURE__ */ memoize(
  (): ZooLayerClass =>
    class ZooConv2D extends stockConvolutionClass() {
      static className = 'ZooConv2D';
      private readonly groups: number;

      constructor(args: LayerSettings) {
        super(args);
        this.groups = args['groups'] as number;
      }

      override build(inputShape: tfl.Shape | tfl.Shape[]): void {
        const channels = soleShape(inputShape)[3]!;
        const { groups, filters } = this;
        if (channels % groups !== 0 || filters % groups !== 0) {
          const expected = `a divisor of the input's ${channels} channels and of ${filters} filters`;
          throw new ArgumentError('groups', expected, groups);
        }
        this.kernel = this.addWeight(
          'kernel',
          [...this.kernelSize, channels / groups, filters],
          'float32',
          this.kernelInitializer,
          this.kernelRegularizer,
        );
        this.built = true;
      }

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const { groups, strides, padding } = this;
        const kernel = this.kernel.read() as tf.Tensor4D;
        return tf.tidy(() => groupedConv2d(soleInput(inputs), kernel, { groups, strides, padding }));
      }

      override getConfig(): tf.serialization.ConfigDict {
        return { ...super.getConfig(), groups: this.groups };
      }
    },
);
