import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** What a layer of ours is made from: TensorFlow.js' own keys and values. */
export type LayerSettings = Readonly<Record<string, unknown>>;

/** A layer class of ours, with the name that it is registered and saved under. */
export type ZooLayerClass = (new (settings: LayerSettings) => tfl.layers.Layer) & {
  readonly className: string;
};

/** A layer's only input. */
export function soleInput(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor4D {
  return (Array.isArray(inputs) ? inputs[0]! : inputs) as tf.Tensor4D;
}

/** A layer's only input shape. */
export function soleShape(shapes: tfl.Shape | tfl.Shape[]): (number | null)[] {
  return [...(Array.isArray(shapes[0]) ? shapes[0] : shapes)] as (number | null)[];
}

/** The fields that TensorFlow.js keeps in a `Conv2D`; its declaration hides them. */
export interface StockConvolution extends tfl.layers.Layer {
  kernel: tfl.LayerVariable;
  bias: tfl.LayerVariable | null;
  readonly filters: number;
  readonly kernelSize: [number, number];
  readonly strides: [number, number];
  readonly padding: 'same' | 'valid';
  readonly dilationRate: [number, number];
  readonly activation: { apply(x: tf.Tensor): tf.Tensor };
  readonly kernelInitializer: Parameters<tfl.layers.Layer['addWeight']>[3];
  readonly kernelRegularizer: Parameters<tfl.layers.Layer['addWeight']>[4];
}

/** TensorFlow.js' own `Conv2D`, to be extended: it is not exported, and an instance is the only way to it. */
export function stockConvolutionClass(): new (settings: LayerSettings) => StockConvolution {
  const stock = tfl.layers.conv2d({ filters: 1, kernelSize: 1 });
  return stock.constructor as new (settings: LayerSettings) => StockConvolution;
}
