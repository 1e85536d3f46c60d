import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { memoize } from '../memoize';

import { type LayerSettings, soleInput, soleShape, type ZooLayerClass } from './layer-class';

/** Arguments of {@link filterResponseNorm}. */
export interface FilterResponseNormArguments {
  name?: string;
  /** Default 1e-5. */
  epsilon?: number;
  /** False for no threshold behind it, as timm's `apply_act=False`. Default true. */
  activates?: boolean;
  /** Default 'ones'. */
  gammaInitializer?: 'ones' | 'zeros';
}

/**
 * Filter response normalisation with its thresholded linear unit (Singh and Krishnan 2020, figure 2):
 * `max(x / sqrt(mean(x^2) + epsilon) * gamma + beta, tau)`, with the mean over a picture's pixels. It is the same in training and
 * inference. timm's `FilterResponseNormTlu2d`.
 *
 * [batch, height, width, channels] to the same. Keras has no equal: the layer is refused by name in Keras' formats.
 */
export function filterResponseNorm(args: FilterResponseNormArguments = {}): tfl.layers.Layer {
  return new (filterResponseNormClass())(args as LayerSettings);
}

/** @internal */
export const filterResponseNormClass = /* @__PURE__ */ memoize(
  (): ZooLayerClass =>
    class ZooFilterResponseNorm extends tfl.layers.Layer {
      static className = 'ZooFilterResponseNorm';
      private readonly settings: { epsilon: number; activates: boolean };
      private readonly isGammaZero: boolean;
      private gamma!: tfl.LayerVariable;
      private beta!: tfl.LayerVariable;
      private tau: tfl.LayerVariable | undefined;

      constructor(args: LayerSettings) {
        super(args);
        const { epsilon = 1e-5, activates = true } = args as FilterResponseNormArguments;
        this.settings = { epsilon, activates };
        this.isGammaZero = args['gammaInitializer'] === 'zeros';
      }

      override build(inputShape: tfl.Shape | tfl.Shape[]): void {
        const channels = soleShape(inputShape)[3]!;
        const { ones, zeros } = tfl.initializers;
        this.gamma = this.addWeight('gamma', [channels], 'float32', this.isGammaZero ? zeros() : ones());
        this.beta = this.addWeight('beta', [channels], 'float32', zeros());
        if (this.settings.activates) this.tau = this.addWeight('tau', [channels], 'float32', zeros());
        super.build(inputShape);
      }

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() => {
          const x = soleInput(inputs);
          const squares = tf.mean(tf.square(x), [1, 2], true);
          const factor = tf.mul(tf.rsqrt(tf.add(squares, this.settings.epsilon)), this.gamma.read());
          const y = tf.add(tf.mul(x, factor), this.beta.read());
          if (this.tau === undefined) return y;
          // `tf.maximum` has no gradient of what it broadcasts.
          const tau = this.tau.read();
          return tf.add(tf.relu(tf.sub(y, tau)), tau);
        });
      }

      override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
        return soleShape(inputShape);
      }

      override getConfig(): tf.serialization.ConfigDict {
        return { ...super.getConfig(), ...this.settings };
      }
    },
);
