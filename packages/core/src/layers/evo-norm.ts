import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { memoize } from '../memoize';

import { expectGroups, groupMean } from './group-mean';
import { type LayerSettings, soleInput, soleShape, type ZooLayerClass } from './layer-class';

/** Arguments of {@link evoNorm}. */
export interface EvoNormArguments {
  name?: string;
  /** Default 32. */
  groups?: number;
  /** Default 1e-5. */
  epsilon?: number;
  /** False for the affine map alone, without activation and statistics, as timm's `apply_act=False`. Default true. */
  activates?: boolean;
  /** Default 'ones'. */
  gammaInitializer?: 'ones' | 'zeros';
}

/**
 * EvoNorm-S0 (Liu et al. 2020, table 1): norm and activation in one, `x * sigmoid(v * x) / std * gamma + beta`, the deviation over a
 * picture's pixels and a group of channels. It is the same in training and inference. timm's `EvoNorm2dS0`.
 *
 * [batch, height, width, channels] to the same. Keras has no equal: the layer is refused by name in Keras' formats.
 *
 * @throws ArgumentError if `groups` do not divide the channels.
 */
export function evoNorm(args: EvoNormArguments = {}): tfl.layers.Layer {
  return new (evoNormClass())(args as LayerSettings);
}

/** @internal */
export const evoNormClass = /* @__PURE__ */ memoize(
  (): ZooLayerClass =>
    class ZooEvoNorm extends tfl.layers.Layer {
      static className = 'ZooEvoNorm';
      private readonly settings: { groups: number; epsilon: number; activates: boolean };
      private readonly isGammaZero: boolean;
      private gamma!: tfl.LayerVariable;
      private beta!: tfl.LayerVariable;
      private v: tfl.LayerVariable | undefined;

      constructor(args: LayerSettings) {
        super(args);
        const { groups = 32, epsilon = 1e-5, activates = true } = args as EvoNormArguments;
        this.settings = { groups, epsilon, activates };
        this.isGammaZero = args['gammaInitializer'] === 'zeros';
      }

      override build(inputShape: tfl.Shape | tfl.Shape[]): void {
        const channels = soleShape(inputShape)[3]!;
        expectGroups(this.settings.groups, channels);
        const { ones, zeros } = tfl.initializers;
        this.gamma = this.addWeight('gamma', [channels], 'float32', this.isGammaZero ? zeros() : ones());
        this.beta = this.addWeight('beta', [channels], 'float32', zeros());
        if (this.settings.activates) this.v = this.addWeight('v', [channels], 'float32', ones());
        super.build(inputShape);
      }

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() => {
          const x = soleInput(inputs);
          const y = this.v === undefined ? x : this.activated(x, this.v.read());
          return tf.add(tf.mul(y, this.gamma.read()), this.beta.read());
        });
      }

      override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
        return soleShape(inputShape);
      }

      override getConfig(): tf.serialization.ConfigDict {
        return { ...super.getConfig(), ...this.settings };
      }

      private activated(x: tf.Tensor4D, v: tf.Tensor): tf.Tensor {
        const { groups, epsilon } = this.settings;
        const variance = groupMean(tf.square(tf.sub<tf.Tensor4D>(x, groupMean(x, groups))), groups);
        const gated = tf.mul(x, tf.sigmoid(tf.mul(x, v)));
        return tf.mul(gated, tf.rsqrt(tf.add(variance, epsilon)));
      }
    },
);
