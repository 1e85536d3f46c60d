import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { memoize } from '@zoo/core';

import {
  inChannelsLast,
  onlyInput,
  onlyShape,
  spatialAxesOf,
  stockClass,
  type HasDataFormat,
  type LayerClass,
  type LayerConfig,
} from './stock-class';

type Reduce = (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor;

/** A global pooling that keeps its axes, or has its channels first where the stock class knows no order. */
function globalPooling(stockName: string, reduce: Reduce) {
  return memoize(
    (): LayerClass =>
      class GlobalPooling extends stockClass<HasDataFormat>(stockName) {
        static className = `Zoo${stockName}`;
        private readonly keepdims: boolean;

        constructor(args: LayerConfig) {
          super(args);
          this.dataFormat = (args['dataFormat'] as HasDataFormat['dataFormat'] | undefined) ?? 'channelsLast';
          this.keepdims = args['keepdims'] === true;
        }

        override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
          const shape = onlyShape(inputShape);
          const axes = spatialAxesOf(this, shape.length);
          if (this.keepdims) return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
          return shape.filter((_, axis) => !axes.includes(axis));
        }

        override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
          const x = onlyInput(inputs);
          return tf.tidy(() => reduce(x, spatialAxesOf(this, x.rank), this.keepdims));
        }

        override getConfig(): tf.serialization.ConfigDict {
          return { ...super.getConfig(), dataFormat: this.dataFormat, keepdims: this.keepdims };
        }
      },
  );
}

/** A pooling of sequences that have their channels first, an order that the stock class does not know. */
function sequencePooling(stockName: string) {
  return memoize(
    (): LayerClass =>
      class SequencePooling extends stockClass<HasDataFormat>(stockName) {
        static className = `Zoo${stockName}`;

        constructor(args: LayerConfig) {
          super(args);
          this.dataFormat = 'channelsFirst';
        }

        override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
          const [batch, channels, length] = onlyShape(inputShape) as [number, number, number];
          const [, pooled] = super.computeOutputShape([batch, length, channels]) as tfl.Shape;
          return [batch, channels, pooled!];
        }

        override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
          return tf.tidy(() =>
            inChannelsLast(this, onlyInput(inputs), (x) => super.call(x, kwargs) as tf.Tensor),
          );
        }

        override getConfig(): tf.serialization.ConfigDict {
          return { ...super.getConfig(), dataFormat: this.dataFormat };
        }
      },
  );
}

/** `MaxPooling3D` by two dimensions and then the third: the wasm engine's stock kernel takes no maximum below zero. */
const maxPooling3D = memoize((): LayerClass => {
  type Volumes = HasDataFormat & { poolSize: number[]; strides: number[]; padding: 'valid' | 'same' };
  return class ZooMaxPooling3D extends stockClass<Volumes>('MaxPooling3D') {
    static className = 'ZooMaxPooling3D';

    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.tidy(() =>
        inChannelsLast(this, onlyInput(inputs), (x) => {
          const [batch, depth, height, width, channels] = x.shape as [number, number, number, number, number];
          const [first, ...rest] = this.poolSize as [number, number, number];
          const [step, ...steps] = this.strides as [number, number, number];
          const planes = tf.reshape(x, [batch * depth, height, width, channels]);
          const flat = tf.maxPool(planes as tf.Tensor4D, rest, steps, this.padding);
          const [, rows, columns] = flat.shape;
          const columnsOfAll = tf.reshape(flat, [batch, depth, rows * columns, channels]);
          const pooled = tf.maxPool(columnsOfAll as tf.Tensor4D, [first, 1], [step, 1], this.padding);
          return tf.reshape(pooled, [batch, pooled.shape[1], rows, columns, channels]);
        }),
      );
    }

    override getClassName(): string {
      return 'MaxPooling3D';
    }
  };
});

const mean: Reduce = (x, axes, keepDims) => tf.mean(x, axes, keepDims);
const max: Reduce = (x, axes, keepDims) => tf.max(x, axes, keepDims);

/** The pooling layers of ours, by the class of Keras that each computes. */
export const POOLING_LAYERS = {
  GlobalAveragePooling1D: globalPooling('GlobalAveragePooling1D', mean),
  GlobalAveragePooling2D: globalPooling('GlobalAveragePooling2D', mean),
  GlobalMaxPooling1D: globalPooling('GlobalMaxPooling1D', max),
  GlobalMaxPooling2D: globalPooling('GlobalMaxPooling2D', max),
  AveragePooling1D: sequencePooling('AveragePooling1D'),
  MaxPooling1D: sequencePooling('MaxPooling1D'),
  MaxPooling3D: maxPooling3D,
};
