import type * as tfl from '@tensorflow/tfjs-layers';
import { ZooError } from '@zoo/core';

import type { GraphBuilder, GraphValue } from './graph-builder';

/** A layer's call, to be turned into nodes. */
export interface LayerCall {
  readonly builder: GraphBuilder;
  readonly layer: tfl.layers.Layer;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: readonly GraphValue[];
  /** The first input's, in the model's order. */
  readonly inputShape: tfl.Shape;
  /** The batch norm that follows and is folded into this layer, if there is one. */
  readonly foldedNorm: tfl.layers.Layer | undefined;
}

/** The error for an option that ONNX has no counterpart of. */
export function unsupportedOption(
  { layer }: Pick<LayerCall, 'layer'>,
  option: string,
  value: unknown,
): ZooError {
  const name = `${layer.getClassName()} ('${layer.name}')`;
  return new ZooError(
    'unsupported',
    `Expected a layer that can be exported to ONNX but ${name} has ${option} ${JSON.stringify(value)}. ` +
      `Build the model without this option to export it.`,
  );
}

/** A layer's input as ONNX's convolutions and pools want it: with the axis second that the layer calls its channels. */
export function channelsSecond({ builder, config, inputs }: LayerCall): GraphValue {
  const input = inputs[0]!;
  return hasChannelsFirst(config) ? builder.channelsLast(input) : builder.channelsFirst(input);
}

/** True where a layer's channels come first in the model itself. */
export function hasChannelsFirst(config: LayerCall['config']): boolean {
  return config['dataFormat'] === 'channelsFirst';
}

/** The place in the graph of an axis of the model. */
export function physicalAxis(axis: number, { rank, isChannelsFirst }: GraphValue): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!isChannelsFirst || positive === 0) return positive;
  return positive === rank - 1 ? 1 : positive + 1;
}

/** The shape of numbers that lie along `axes` of a layer's first input, and serve all others. */
export function shapeAlong(axes: readonly number[], { inputShape }: Pick<LayerCall, 'inputShape'>): number[] {
  return inputShape.map((size, axis) => (axes.includes(axis) ? size! : 1));
}
