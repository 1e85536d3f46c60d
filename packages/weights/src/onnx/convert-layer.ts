import { type Constant, constantNumbers, constantShape } from '../layers/operations';

import { convertActivation, convertPReLU, convertReLU, convertSoftmax } from './convert-activation-layer';
import { convertNormalization, convertOperation } from './convert-operation';
import {
  convertBlurPooling,
  convertCenterCrop,
  convertCropping,
  convertResizing,
  convertUpSampling,
  convertZeroPadding,
} from './convert-picture-layer';
import { convertEvoNorm, convertFilterResponseNorm, convertGroupNorm } from './convert-picture-norm';
import {
  convertConvolution,
  convertDense,
  convertLayerNorm,
  convertNorm,
  convertSeparable,
  convertTransposed,
} from './convert-weighted-layer';
import { range, type GraphValue } from './graph-builder';
import {
  channelsSecond,
  hasChannelsFirst,
  physicalAxis,
  unsupportedOption,
  type LayerCall,
} from './layer-call';
import { windowAttributes } from './window';

type Convert = (call: LayerCall) => GraphValue | Promise<GraphValue>;

const identity: Convert = ({ inputs }) => inputs[0]!;

/** A node per layer class; inference only, so that what acts in training alone is nothing. */
const CONVERTERS: Readonly<Record<string, Convert>> = {
  Dropout: identity,
  SpatialDropout1D: identity,
  GaussianDropout: identity,
  GaussianNoise: identity,
  AlphaDropout: identity,
  Conv1D: convertConvolution,
  Conv2D: convertConvolution,
  Conv3D: convertConvolution,
  StandardizedConv2D: convertConvolution,
  DepthwiseConv2D: convertConvolution,
  SeparableConv2D: convertSeparable,
  Conv2DTranspose: convertTransposed,
  Conv3DTranspose: convertTransposed,
  Dense: convertDense,
  BatchNormalization: convertNorm,
  LayerNormalization: convertLayerNorm,
  Normalization: convertNormalization,
  GroupNormalization: convertGroupNorm,
  EvoNorm: convertEvoNorm,
  FilterResponseNorm: convertFilterResponseNorm,
  Operation: convertOperation,
  Activation: convertActivation,
  ReLU: convertReLU,
  LeakyReLU: ({ builder, layer, config, inputs }) =>
    builder.add('LeakyRelu', layer.name, inputs, { alpha: { float: config['alpha'] as number } }),
  ThresholdedReLU: ({ builder, layer, config, inputs }) =>
    builder.add('ThresholdedRelu', layer.name, inputs, { alpha: { float: config['theta'] as number } }),
  ELU: ({ builder, layer, config, inputs }) =>
    builder.add('Elu', layer.name, inputs, {
      alpha: { float: (config['alpha'] as number | undefined) ?? 1 },
    }),
  PReLU: convertPReLU,
  Softmax: convertSoftmax,
  Add: (call) => (call.inputs.length === 2 ? merge('Add') : merge('Sum'))(call),
  Average: merge('Mean'),
  Maximum: merge('Max'),
  Minimum: merge('Min'),
  Multiply: (call) => {
    const { builder, layer } = call;
    const [first, ...rest] = sameOrder(call);
    return rest.reduce((product, next) => builder.add('Mul', layer.name, [product, next]), first!);
  },
  Concatenate: (call) => {
    const axis = call.config['axis'] as number;
    // TensorFlow.js' own class takes these for the last axis when it computes.
    if (axis < -1) throw unsupportedOption(call, 'axis', axis);
    const ordered = sameOrder(call);
    return call.builder.add('Concat', call.layer.name, ordered, { axis: physicalAxis(axis, ordered[0]!) });
  },
  ...pooling('1D'),
  ...pooling('2D'),
  MaxPooling3D: (call) => pool(call, 'MaxPool'),
  AveragePooling3D: (call) => pool(call, 'AveragePool'),
  BlurPooling2D: convertBlurPooling,
  ZeroPadding2D: convertZeroPadding,
  Cropping2D: convertCropping,
  CenterCrop: convertCenterCrop,
  Resizing: convertResizing,
  UpSampling2D: convertUpSampling,
  Flatten: ({ builder, layer, config, inputs }) => {
    let input = builder.channelsLast(inputs[0]!);
    // Values are flattened with their channels last, whatever the layer's own order.
    if (hasChannelsFirst(config) && input.rank > 2) {
      const perm = [0, ...range(2, input.rank), 1];
      input = builder.add('Transpose', `${layer.name}_order`, [input], { perm });
    }
    return builder.add('Flatten', layer.name, [input], {}, { rank: 2 });
  },
  Reshape: ({ builder, layer, inputs }) => {
    const target = (layer as unknown as { targetShape: (number | null)[] }).targetShape;
    const shape = builder.integers(`${layer.name}_shape`, [0, ...target.map((size) => size ?? -1)]);
    const input = builder.channelsLast(inputs[0]!);
    return builder.add('Reshape', layer.name, [input, shape], {}, { rank: target.length + 1 });
  },
  Permute: ({ builder, layer, config, inputs }) => {
    const perm = [0, ...(config['dims'] as number[])];
    return builder.add('Transpose', layer.name, [builder.channelsLast(inputs[0]!)], { perm });
  },
  RepeatVector: ({ builder, layer, config, inputs }) => {
    const axis = builder.integers(`${layer.name}_axis`, [1]);
    const row = builder.add('Unsqueeze', `${layer.name}_row`, [inputs[0]!, axis], {}, { rank: 3 });
    return builder.add('Tile', layer.name, [
      row,
      builder.integers(`${layer.name}_times`, [1, config['n'] as number, 1]),
    ]);
  },
  Rescaling: ({ builder, layer, config, inputs }) => {
    const [scale, offset] = [config['scale'] ?? 1, config['offset'] ?? 0] as [Constant, Constant];
    const isUniform = typeof scale === 'number' && typeof offset === 'number';
    const input = isUniform ? inputs[0]! : builder.channelsLast(inputs[0]!);
    const add = (name: string, value: Constant) =>
      builder.constant(`${layer.name}_${name}`, constantShape(value), constantNumbers(value));
    const scaled = builder.add('Mul', `${layer.name}_scaled`, [input, add('factor', scale)]);
    return builder.add('Add', layer.name, [scaled, add('offset', offset)]);
  },
};

/** What a class of ours has in front of its name: Keras' own of what it computes, where Keras has it. */
const OWN_PREFIX = /^Zoo/;

function converterOf(className: string): Convert | undefined {
  const name = className.replace(OWN_PREFIX, '');
  return Object.hasOwn(CONVERTERS, name) ? CONVERTERS[name] : undefined;
}

/** True for a class that can be exported. */
export function isExportable(className: string): boolean {
  return converterOf(className) !== undefined;
}

/** The classes that can be exported, by Keras' names; those of ours that Keras lacks by their own, without `Zoo`. */
export const EXPORTABLE_CLASSES: readonly string[] = Object.keys(CONVERTERS);

/** The nodes of one call of a layer; its output. */
export async function convertLayer(call: LayerCall): Promise<GraphValue> {
  return converterOf(call.layer.getClassName())!(call);
}

function merge(operator: string): Convert {
  return (call) => call.builder.add(operator, call.layer.name, sameOrder(call));
}

/** All inputs with channels first where one of them is. */
function sameOrder(call: LayerCall): GraphValue[] {
  const { builder, inputs } = call;
  const ranks = inputs.map(({ rank }) => rank);
  // TensorFlow.js puts missing axes after the batch, ONNX before it.
  if (new Set(ranks).size > 1) throw unsupportedOption(call, 'inputs of different ranks:', ranks);
  const anyFirst = inputs.some((input) => input.isChannelsFirst);
  return inputs.map((input) => (anyFirst ? builder.channelsFirst(input) : input));
}

function pooling(dimensions: '1D' | '2D'): Record<string, Convert> {
  return {
    [`MaxPooling${dimensions}`]: (call) => pool(call, 'MaxPool'),
    [`AveragePooling${dimensions}`]: (call) => pool(call, 'AveragePool'),
    [`GlobalAveragePooling${dimensions}`]: (call) => globalPool(call, 'GlobalAveragePool'),
    [`GlobalMaxPooling${dimensions}`]: (call) => globalPool(call, 'GlobalMaxPool'),
  };
}

function pool(call: LayerCall, operator: string): GraphValue {
  const { builder, layer, config } = call;
  const poolSize = [config['poolSize'] as number | number[]].flat();
  return builder.add(operator, layer.name, [channelsSecond(call)], windowAttributes(call, poolSize));
}

function globalPool(call: LayerCall, operator: string): GraphValue {
  const { builder, layer, config } = call;
  const isKept = config['keepdims'] === true;
  const name = isKept ? layer.name : `${layer.name}_pooled`;
  const pooled = builder.add(operator, name, [channelsSecond(call)]);
  if (isKept) return pooled;
  return builder.add('Flatten', layer.name, [pooled], {}, { rank: 2, isChannelsFirst: false });
}
