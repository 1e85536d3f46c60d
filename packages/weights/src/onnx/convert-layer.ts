import type * as tf from '@tensorflow/tfjs';
import { ZooError } from '@zoo/core';

import { addActivation } from './activations';
import { convertConvolution, convertDense, convertNorm, convertSeparable } from './convert-weighted-layer';
import type { GraphBuilder, GraphValue } from './graph-builder';

/** A layer's call, to be turned into nodes. */
export interface LayerCall {
  readonly builder: GraphBuilder;
  readonly layer: tf.layers.Layer;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: readonly GraphValue[];
  /** The batch norm that follows and is folded into this layer, if there is one. */
  readonly foldedNorm: tf.layers.Layer | undefined;
}

type Convert = (call: LayerCall) => GraphValue | Promise<GraphValue>;

const identity: Convert = ({ inputs }) => inputs[0]!;

/** A node per layer class; inference only, so that what acts in training alone is nothing. */
const CONVERTERS: Readonly<Record<string, Convert>> = {
  Dropout: identity,
  SpatialDropout1D: identity,
  GaussianDropout: identity,
  GaussianNoise: identity,
  AlphaDropout: identity,
  Conv2D: convertConvolution,
  DepthwiseConv2D: convertConvolution,
  SeparableConv2D: convertSeparable,
  Dense: convertDense,
  BatchNormalization: convertNorm,
  Activation: ({ builder, layer, config, inputs }) =>
    addActivation(builder, layer.name, inputs[0]!, config['activation']),
  ReLU: ({ builder, layer, config, inputs }) => {
    const maximum = config['maxValue'];
    if (maximum === null || maximum === undefined) return builder.add('Relu', layer.name, inputs);
    const low = builder.constant(`${layer.name}_low`, [], Float32Array.of(0));
    const high = builder.constant(`${layer.name}_high`, [], Float32Array.of(maximum as number));
    return builder.add('Clip', layer.name, [inputs[0]!, low, high]);
  },
  LeakyReLU: ({ builder, layer, config, inputs }) =>
    builder.add('LeakyRelu', layer.name, inputs, { alpha: { float: config['alpha'] as number } }),
  Softmax: ({ builder, layer, inputs }) => addActivation(builder, layer.name, inputs[0]!, 'softmax'),
  Add: merge('Sum'),
  Average: merge('Mean'),
  Maximum: merge('Max'),
  Minimum: merge('Min'),
  Multiply: ({ builder, layer, inputs }) => {
    const [first, ...rest] = sameOrder(builder, inputs);
    return rest.reduce((product, next) => builder.add('Mul', layer.name, [product, next]), first!);
  },
  Concatenate: ({ builder, layer, config, inputs }) => {
    const ordered = sameOrder(builder, inputs);
    const { rank, isChannelsFirst } = ordered[0]!;
    const axis = physicalAxis(config['axis'] as number, rank, isChannelsFirst);
    return builder.add('Concat', layer.name, ordered, { axis });
  },
  MaxPooling2D: (call) => pool(call, 'MaxPool'),
  AveragePooling2D: (call) => pool(call, 'AveragePool'),
  GlobalAveragePooling2D: (call) => globalPool(call, 'ReduceMean'),
  GlobalMaxPooling2D: (call) => globalPool(call, 'ReduceMax'),
  ZeroPadding2D: zeroPad,
  Flatten: ({ builder, layer, inputs }) =>
    builder.add('Flatten', layer.name, [builder.channelsLast(inputs[0]!)], {}, { rank: 2 }),
  Reshape: ({ builder, layer, inputs }) => {
    const target = (layer as unknown as { targetShape: (number | null)[] }).targetShape;
    const shape = builder.integers(`${layer.name}_shape`, [0, ...target.map((size) => size ?? -1)]);
    const input = builder.channelsLast(inputs[0]!);
    return builder.add('Reshape', layer.name, [input, shape], {}, { rank: target.length + 1 });
  },
  Rescaling: ({ builder, layer, config, inputs }) => {
    const scale = builder.constant(`${layer.name}_factor`, [], Float32Array.of(config['scale'] as number));
    const offset = builder.constant(
      `${layer.name}_offset`,
      [],
      Float32Array.of((config['offset'] as number | undefined) ?? 0),
    );
    return builder.add('Add', layer.name, [
      builder.add('Mul', `${layer.name}_scaled`, [inputs[0]!, scale]),
      offset,
    ]);
  },
};

/** True for a class that can be exported. */
export function isExportable(className: string): boolean {
  return Object.hasOwn(CONVERTERS, className);
}

/** The nodes of one call of a layer; its output. */
export async function convertLayer(call: LayerCall): Promise<GraphValue> {
  const { layer, config } = call;
  if (config['dataFormat'] === 'channelsFirst' && layer.getClassName() !== 'ZeroPadding2D') {
    throw new ZooError(
      'unsupported',
      `Expected channels last but the layer '${layer.name}' has them first, which is not exported.`,
    );
  }
  return CONVERTERS[layer.getClassName()]!(call);
}

function merge(operator: string): Convert {
  return ({ builder, layer, inputs }) => builder.add(operator, layer.name, sameOrder(builder, inputs));
}

/** All inputs with channels first where one of them is. */
function sameOrder(builder: GraphBuilder, inputs: readonly GraphValue[]): GraphValue[] {
  const anyFirst = inputs.some((input) => input.isChannelsFirst);
  return inputs.map((input) => (anyFirst ? builder.channelsFirst(input) : input));
}

/** Axis of a tensor of the model in the order in which it lies in the graph. */
function physicalAxis(axis: number, rank: number, isChannelsFirst: boolean): number {
  const positive = axis < 0 ? axis + rank : axis;
  return isChannelsFirst ? [0, 2, 3, 1][positive]! : positive;
}

function pool({ builder, layer, config, inputs }: LayerCall, operator: string): GraphValue {
  return builder.add(operator, layer.name, [builder.channelsFirst(inputs[0]!)], {
    kernel_shape: config['poolSize'] as number[],
    strides: config['strides'] as number[],
    auto_pad: config['padding'] === 'same' ? 'SAME_UPPER' : 'VALID',
  });
}

function globalPool({ builder, layer, inputs }: LayerCall, operator: string): GraphValue {
  const input = builder.channelsFirst(inputs[0]!);
  return builder.add(
    operator,
    layer.name,
    [input],
    { axes: [2, 3], keepdims: 0 },
    { rank: 2, isChannelsFirst: false },
  );
}

function zeroPad({ builder, layer, config, inputs }: LayerCall): GraphValue {
  const input = builder.channelsFirst(inputs[0]!);
  const padding = config['padding'] as [[number, number], [number, number]];
  // The layer pads the axes that its own data format calls height and width.
  const axes = config['dataFormat'] === 'channelsFirst' ? [2, 3] : [1, 2];
  const [before, after] = [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ];
  axes.forEach((axis, i) => {
    const physical = physicalAxis(axis, 4, true);
    [before[physical], after[physical]] = padding[i]!;
  });
  return builder.add('Pad', layer.name, [
    input,
    builder.integers(`${layer.name}_pads`, [...before, ...after]),
  ]);
}
