import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { memoize } from '@zoo/core';

import type { Constant } from './operations';

/** What a {@link normalizationLayer} is made from: Keras' options of `Normalization`. */
export interface NormalizationConfig {
  readonly name?: string;
  /** Axes with a mean of their own each; none for one mean of all. Default: the last. */
  readonly axis?: number | readonly number[] | null;
  readonly mean?: Constant | null;
  readonly variance?: Constant | null;
  readonly invert?: boolean;
  /** What makes the weights before a file fills them. Default: zeros. */
  readonly statisticsInitializer?: Initializer | { readonly className: string };
}

type Initializer = ReturnType<typeof tfl.initializers.zeros>;

type LayerClass = new (config: NormalizationConfig) => tfl.layers.Layer;

/** Keras' floor of the standard deviation (keras/src/backend/config.py, epsilon). */
export const SMALLEST_DEVIATION = 1e-7;

/**
 * Keras' `Normalization`: `(x - mean) / max(sqrt(variance), 1e-7)`, or its inverse, by given numbers or by those that its `adapt` found, which
 * are weights.
 *
 * @see keras/src/layers/preprocessing/normalization.py
 */
export const normalizationLayer = /* @__PURE__ */ memoize(
  (): LayerClass =>
    class ZooNormalization extends tfl.layers.Layer {
      static className = 'ZooNormalization';
      private readonly axes: readonly number[];
      private readonly settings: NormalizationConfig;
      private readonly initializer: Initializer;
      private statistics: [mean: tfl.LayerVariable, variance: tfl.LayerVariable] | undefined;

      constructor(config: NormalizationConfig) {
        const { axis, mean, variance, invert, statisticsInitializer: given, ...rest } = config;
        super(rest);
        this.initializer = given !== undefined && 'apply' in given ? given : tfl.initializers.zeros();
        this.axes = axis === null ? [] : [axis ?? -1].flat();
        this.settings = { mean: mean ?? null, variance: variance ?? null, invert: invert ?? false };
      }

      override build(inputShape: tfl.Shape | tfl.Shape[]): void {
        const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tfl.Shape;
        if (this.settings.mean === null) {
          const sizes = this.positions(shape.length).map((axis) => shape[axis]!);
          const add = (name: string, of: number[]) =>
            this.addWeight(name, of, 'float32', this.initializer, undefined, false);
          this.statistics = [add('mean', sizes), add('variance', sizes)];
          // The number of pictures that `adapt` has seen, which Keras' file holds.
          add('count', []);
        }
        super.build(inputShape);
      }

      override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
        return (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tfl.Shape;
      }

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const x = [inputs].flat()[0]!;
        return tf.tidy(() => {
          const [mean, variance] = this.meanAndVariance().map((values) => this.broadcast(values, x)) as [
            tf.Tensor,
            tf.Tensor,
          ];
          const deviation = tf.maximum(tf.sqrt(variance), SMALLEST_DEVIATION);
          return this.settings.invert === true
            ? tf.add(mean, tf.mul(x, deviation))
            : tf.div(tf.sub(x, mean), deviation);
        });
      }

      override getConfig(): tf.serialization.ConfigDict {
        return {
          ...super.getConfig(),
          axis: [...this.axes],
          ...this.settings,
        } as tf.serialization.ConfigDict;
      }

      private meanAndVariance(): tf.Tensor[] {
        if (this.statistics !== undefined) return this.statistics.map((weight) => weight.read());
        const { mean, variance } = this.settings;
        return [mean, variance].map((value) => tf.tensor(value as tf.TensorLike, undefined, 'float32'));
      }

      private broadcast(values: tf.Tensor, x: tf.Tensor): tf.Tensor {
        // One number serves every axis.
        if (values.size === 1) return tf.reshape(values, []);
        const positions = this.positions(x.rank);
        return tf.reshape(
          values,
          x.shape.map((size, axis) => (positions.includes(axis) ? size : 1)),
        );
      }

      private positions(rank: number): number[] {
        return this.axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((left, right) => left - right);
      }
    },
);
