import { type NormalizationConfig, SMALLEST_DEVIATION } from '../layers/normalization-layer';
import type { OperationConfig } from '../layers/operation-layer';
import {
  axesOf,
  type Constant,
  constantNumbers,
  constantShape,
  oneAxis,
  type OperationOptions,
  type SliceItem,
} from '../layers/operations';

import { range, type GraphValue } from './graph-builder';
import { shapeAlong, type LayerCall } from './layer-call';

/** Operations that are one operator of ONNX on their operands. */
const OPERATORS: Readonly<Record<string, string>> = {
  add: 'Add',
  subtract: 'Sub',
  multiply: 'Mul',
  divide: 'Div',
  maximum: 'Max',
  minimum: 'Min',
  power: 'Pow',
  negative: 'Neg',
  absolute: 'Abs',
  sqrt: 'Sqrt',
  exp: 'Exp',
  log: 'Log',
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  identity: 'Identity',
};
const REDUCTIONS: Readonly<Record<string, string>> = {
  mean: 'ReduceMean',
  sum: 'ReduceSum',
  max: 'ReduceMax',
  min: 'ReduceMin',
};

type Convert = (call: LayerCall, operands: readonly GraphValue[], options: OperationOptions) => GraphValue;

const CONVERTERS: Readonly<Record<string, Convert>> = {
  square: ({ builder, layer }, [x]) => builder.add('Mul', layer.name, [x!, x!]),
  silu: ({ builder, layer }, [x]) =>
    builder.add('Mul', layer.name, [x!, builder.add('Sigmoid', `${layer.name}_sigmoid`, [x!])]),
  softmax: ({ builder, layer }, [x], { axis }) =>
    builder.add('Softmax', layer.name, [x!], { axis: oneAxis(axis, x!.rank) }),
  clip: ({ builder, layer }, [x], { minimum = -Infinity, maximum = Infinity }) => {
    const bounds = [minimum, maximum].map((bound) => builder.scalar(`${layer.name}_bound`, bound));
    return builder.add('Clip', layer.name, [x!, ...bounds]);
  },
  concatenate: ({ builder, layer }, operands, { axis }) =>
    builder.add('Concat', layer.name, operands, { axis: oneAxis(axis, operands[0]!.rank) }),
  stack: ({ builder, layer }, operands, { axis }) => {
    const rank = operands[0]!.rank + 1;
    const at = oneAxis(axis, rank);
    const along = builder.integers(`${layer.name}_axis`, [at]);
    const parts = operands.map((x) =>
      builder.add('Unsqueeze', `${layer.name}_part`, [x, along], {}, { rank }),
    );
    return builder.add('Concat', layer.name, parts, { axis: at });
  },
  reshape: ({ builder, layer }, [x], { shape = [] }) => {
    const target = builder.integers(`${layer.name}_shape`, [0, ...shape]);
    return builder.add('Reshape', layer.name, [x!, target], {}, { rank: shape.length + 1 });
  },
  slice: convertSlice,
};

/** `ZooOperation`: an operation of Keras on tensors and numbers, in the model's own order. */
export function convertOperation(call: LayerCall): GraphValue {
  const { builder, layer, inputs } = call;
  const { operation, operands, options } = call.config as unknown as OperationConfig;
  const values = operands.map((operand) =>
    'input' in operand ? builder.channelsLast(inputs[operand.input]!) : constantOf(call, operand.value),
  );
  const rank = Math.max(...values.map((value) => value.rank));
  if (Object.hasOwn(OPERATORS, operation))
    return builder.add(OPERATORS[operation]!, layer.name, values, {}, { rank });
  if (Object.hasOwn(REDUCTIONS, operation)) return reduce(call, operation, values[0]!, options);
  return CONVERTERS[operation]!(call, values, options);
}

/** `ZooNormalization`: by given numbers, or by those that its `adapt` found. */
export async function convertNormalization(call: LayerCall): Promise<GraphValue> {
  const { builder, layer, inputs } = call;
  const { axis, mean, variance, invert } = call.config as unknown as NormalizationConfig;
  const x = builder.channelsLast(inputs[0]!);
  const [means, variances] =
    mean === null || mean === undefined
      ? await Promise.all(layer.weights.slice(0, 2).map((weight) => weight.read().data<'float32'>()))
      : [constantNumbers(mean), constantNumbers(variance!)];
  const deviations = Float32Array.from(variances!, (value) => Math.max(Math.sqrt(value), SMALLEST_DEVIATION));
  // Numbers of one axis or several lie along these; one number serves all.
  const shape = shapeAlong(axesOf(axis ?? [], x.rank)!, call);
  const constant = (name: string, values: Float32Array) =>
    builder.constant(`${layer.name}_${name}`, values.length === 1 ? [] : shape, values);
  const [centre, scale] = [constant('mean', Float32Array.from(means!)), constant('deviation', deviations)];
  return invert === true
    ? builder.add('Add', layer.name, [builder.add('Mul', `${layer.name}_scaled`, [x, scale]), centre])
    : builder.add('Div', layer.name, [builder.add('Sub', `${layer.name}_centred`, [x, centre]), scale]);
}

function reduce(
  { builder, layer }: LayerCall,
  operation: string,
  x: GraphValue,
  { axis, keepdims = false }: OperationOptions,
): GraphValue {
  const axes = axesOf(axis, x.rank) ?? range(0, x.rank);
  const result = { rank: keepdims ? x.rank : x.rank - axes.length };
  const kept = { keepdims: Number(keepdims) };
  // In this operator set the sum alone takes its axes as an input.
  return operation === 'sum'
    ? builder.add('ReduceSum', layer.name, [x, builder.integers(`${layer.name}_axes`, axes)], kept, result)
    : builder.add(REDUCTIONS[operation]!, layer.name, [x], { axes, ...kept }, result);
}

function convertSlice(
  { builder, layer }: LayerCall,
  [x]: readonly GraphValue[],
  { slices = [], lastSlices = [] }: OperationOptions,
): GraphValue {
  const skipped = x!.rank - lastSlices.length;
  const items: [number, SliceItem][] = [
    ...slices.map((item, axis): [number, SliceItem] => [axis, item]),
    ...lastSlices.map((item, i): [number, SliceItem] => [skipped + i, item]),
  ];
  const bounds = items.map(([axis, item]) => ({ axis, ...boundsOf(item) }));
  const lists = ['start', 'end', 'axis', 'step'] as const;
  const constants = lists.map((list) =>
    builder.integers(
      `${layer.name}_${list}`,
      bounds.map((bound) => bound[list]),
    ),
  );
  const sliced = items.length === 0 ? x! : builder.add('Slice', `${layer.name}_sliced`, [x!, ...constants]);
  const dropped = items.flatMap(([axis, item]) => ('index' in item ? [axis] : []));
  if (dropped.length === 0) return builder.add('Identity', layer.name, [sliced]);
  const axes = builder.integers(`${layer.name}_dropped`, dropped);
  return builder.add('Squeeze', layer.name, [sliced, axes], {}, { rank: x!.rank - dropped.length });
}

/** Beyond every picture's end: ONNX takes it for the end. */
const FAR = Number.MAX_SAFE_INTEGER;

/** Python's slice as ONNX has it: an end that is left out is far beyond the last place, or before the first. */
function boundsOf(item: SliceItem): { start: number; end: number; step: number } {
  if ('index' in item) return { start: item.index, end: item.index === -1 ? FAR : item.index + 1, step: 1 };
  const step = item.step ?? 1;
  const [first, last] = step > 0 ? [0, FAR] : [FAR, -FAR];
  return { start: item.start ?? first, end: item.stop ?? last, step };
}

function constantOf({ builder, layer }: LayerCall, value: Constant): GraphValue {
  const shape = constantShape(value);
  const name = builder.constant(`${layer.name}_value`, shape, constantNumbers(value));
  return { name, rank: shape.length, isChannelsFirst: false };
}
