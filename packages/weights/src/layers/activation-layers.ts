import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { memoize } from '@zoo/core';

import { onlyInput, onlyShape, stockClass, type LayerClass, type LayerConfig } from './stock-class';

/** `ReLU` with a slope below the threshold, a threshold and a maximum, as Keras has them together. */
export const zooReLU = memoize(
  (): LayerClass =>
    class ZooReLU extends stockClass<{ maxValue: number | null }>('ReLU') {
      static className = 'ZooReLU';
      private readonly negativeSlope: number;
      private readonly threshold: number;

      constructor(args: LayerConfig) {
        super(args);
        this.negativeSlope = (args['negativeSlope'] as number | null | undefined) ?? 0;
        this.threshold = (args['threshold'] as number | null | undefined) ?? 0;
      }

      // keras/src/layers/activations/relu.py and `ReLU` in keras/src/activations/activations.py.
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() => {
          const x = onlyInput(inputs);
          const { threshold, negativeSlope, maxValue } = this;
          // The step has a gradient, which is zero; a comparison has none.
          const above = threshold === 0 ? tf.relu(x) : tf.mul(x, tf.step(tf.sub(x, threshold)));
          const clipped = maxValue == null ? above : tf.clipByValue(above, 0, maxValue);
          if (negativeSlope === 0) return clipped;
          return tf.sub(clipped, tf.mul(tf.relu(tf.sub(threshold, x)), negativeSlope));
        });
      }

      override getConfig(): tf.serialization.ConfigDict {
        const { negativeSlope, threshold } = this;
        return { ...super.getConfig(), negativeSlope, threshold };
      }
    },
);

/** `ELU` with any alpha. */
export const zooELU = memoize(
  (): LayerClass =>
    class ZooELU extends stockClass<{ alpha: number }>('ELU') {
      static className = 'ZooELU';

      constructor(args: LayerConfig) {
        super({ ...args, alpha: undefined });
        this.alpha = args['alpha'] as number;
      }

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() => {
          const x = onlyInput(inputs);
          return tf.add(tf.relu(x), tf.mul(tf.elu(tf.minimum(x, 0)), this.alpha));
        });
      }
    },
);

/**
 * `PReLU` whose slopes vary along any axes: the stock kernel of the wasm engine repeats them along the last axes only. It is saved as the
 * stock layer, which other engines have right.
 */
export const zooPReLU = memoize(
  (): LayerClass =>
    class ZooPReLU extends stockClass<{ alpha: tfl.LayerVariable }>('PReLU') {
      static className = 'ZooPReLU';

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() => {
          const x = onlyInput(inputs);
          return tf.sub(tf.relu(x), tf.mul(tf.relu(tf.neg(x)), this.alpha.read()));
        });
      }

      override getClassName(): string {
        return 'PReLU';
      }
    },
);

/** `Softmax` over any axis or axes; over the last one it is, and calls itself, the stock layer. */
export const zooSoftmax = memoize(
  (): LayerClass =>
    class ZooSoftmax extends stockClass<{ axis: number | number[] }>('Softmax') {
      static className = 'ZooSoftmax';
      private isStock = false;

      override build(inputShape: tfl.Shape | tfl.Shape[]): void {
        super.build(inputShape);
        const last = onlyShape(inputShape).length - 1;
        this.isStock = [this.axis].flat().every((axis) => axis === last);
      }

      override getClassName(): string {
        return this.isStock ? 'Softmax' : super.getClassName();
      }

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() => {
          const x = onlyInput(inputs);
          return tf.exp(tf.sub(x, tf.logSumExp(x, this.axis, true)));
        });
      }
    },
);
