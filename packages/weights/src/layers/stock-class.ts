import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** What a layer is made from: TensorFlow.js' own keys and values. */
export type LayerConfig = Readonly<Record<string, unknown>>;

/** A layer class with the fields that TensorFlow.js keeps in its instances; its declarations hide them. */
export type LayerClass<Fields = unknown> = new (args: LayerConfig) => tfl.layers.Layer & Fields;

/** A class that TensorFlow.js has registered: how to make a layer of it from its configuration. */
export type LayerConstructor = [
  cls: tf.serialization.SerializableConstructor<tfl.layers.Layer>,
  fromConfig: (
    cls: tf.serialization.SerializableConstructor<tfl.layers.Layer>,
    config: tf.serialization.ConfigDict,
  ) => tfl.layers.Layer,
];

/** The registered layer class of that name; undefined if there is none. */
export function layerConstructor(className: string): LayerConstructor | undefined {
  const map = tf.serialization.SerializationMap.getMap().classNameMap as Record<string, unknown>;
  if (!Object.hasOwn(map, className)) return undefined;
  const entry = map[className] as LayerConstructor;
  const isLayer = entry[0].prototype instanceof tfl.layers.Layer;
  return isLayer ? entry : undefined;
}

/** TensorFlow.js' own class of that name, to be extended. */
export function stockClass<Fields>(className: string): LayerClass<Fields> {
  return layerConstructor(className)![0] as unknown as LayerClass<Fields>;
}

/** A layer's only input. */
export function onlyInput(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(inputs) ? inputs[0]! : inputs;
}

/** A layer's only input shape, to be changed. */
export function onlyShape(shapes: tfl.Shape | tfl.Shape[]): (number | null)[] {
  return [...(Array.isArray(shapes[0]) ? shapes[0] : shapes)] as (number | null)[];
}

/** A layer that has its channels last or first. */
export interface HasDataFormat {
  dataFormat: 'channelsLast' | 'channelsFirst';
}

/** What `compute` makes of `input` with its channels last, in the order that the layer has. */
export function inChannelsLast(
  { dataFormat }: HasDataFormat,
  input: tf.Tensor,
  compute: (input: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  if (dataFormat !== 'channelsFirst') return compute(input);
  return channelsFirst(compute(channelsLast(input)));
}

/** [batch, channels, ...] as [batch, ..., channels]. */
function channelsLast(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, ...spatialAxes(x.rank).map((axis) => axis + 1), 1]);
}

/** [batch, ..., channels] as [batch, channels, ...]. */
function channelsFirst(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, x.rank - 1, ...spatialAxes(x.rank)]);
}

/** Axes of height, width and the like where channels are last: 1 to rank - 2. */
function spatialAxes(rank: number): number[] {
  return Array.from({ length: rank - 2 }, (_, i) => i + 1);
}

/** Where a layer's height, width and the like lie. */
export function spatialAxesOf({ dataFormat }: HasDataFormat, rank: number): number[] {
  return spatialAxes(rank).map((axis) => axis + Number(dataFormat === 'channelsFirst'));
}
