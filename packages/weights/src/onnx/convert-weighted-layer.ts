import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { standardizedKernel } from '@zoo/core';

import { permuteAxes } from '../stored-tensor';

import { addActivation } from './activations';
import { range, type AttributeValues, type GraphValue } from './graph-builder';
import { channelsSecond, physicalAxis, shapeAlong, unsupportedOption, type LayerCall } from './layer-call';
import { perAxis, windowAttributes } from './window';

interface Affine {
  readonly scale: Float32Array;
  readonly offset: Float32Array;
}

/** A convolution over one to three dimensions, the batch norm after it folded in, and its activation. */
export async function convertConvolution(call: LayerCall): Promise<GraphValue> {
  const { builder, layer, config, foldedNorm } = call;
  const isDepthwise = layer.getClassName().endsWith('DepthwiseConv2D');
  const isStockDepthwise = layer.getClassName() === 'DepthwiseConv2D';
  const [kernel, bias] = layer.weights;
  const shape = kernel!.shape as number[];
  const dimensions = shape.length - 2;
  const [channelsIn, last] = shape.slice(dimensions) as [number, number];
  const filters = isDepthwise ? channelsIn * last : last;
  const affine = foldedNorm === undefined ? undefined : await normAsAffine(foldedNorm);
  const values = await convolvedKernel(layer, kernel!);
  // [height, width, in, out] to [out, in, height, width]; of a depthwise one [height, width, in, times] to [in * times, 1, ...].
  const outer = isDepthwise ? [dimensions, dimensions + 1] : [dimensions + 1, dimensions];
  const weights = permuteAxes(values, shape, [...outer, ...range(0, dimensions)]) as Float32Array;
  const biases = await biasesOf(bias, filters);
  if (affine !== undefined) fold(weights, biases, affine);
  const kernelSize = shape.slice(0, dimensions);
  const kernelShape = [filters, isDepthwise ? 1 : channelsIn, ...kernelSize];
  const output = builder.add(
    'Conv',
    layer.name,
    [
      channelsSecond(call),
      builder.kernel(`${layer.name}_kernel`, kernelShape, weights, 0),
      builder.constant(`${layer.name}_bias`, [filters], biases),
    ],
    {
      // TensorFlow.js' own depthwise layer computes without the dilation that it was given.
      ...windowAttributes(call, kernelSize, isStockDepthwise ? 1 : config['dilationRate']),
      group: isDepthwise ? channelsIn : ((config['groups'] as number | undefined) ?? 1),
    },
  );
  return addActivation(call, `${layer.name}_activation`, output);
}

/** The numbers that a convolution convolves with: its kernel, standardised where the layer does that at each step. */
async function convolvedKernel(layer: tfl.layers.Layer, kernel: tfl.LayerVariable): Promise<Float32Array> {
  const { kernelEpsilon } = layer as { kernelEpsilon?: number };
  if (kernelEpsilon === undefined) return (await kernel.read().data()) as Float32Array;
  const standardized = standardizedKernel(kernel.read() as tf.Tensor4D, kernelEpsilon);
  const values = await standardized.data<'float32'>();
  standardized.dispose();
  return values;
}

/** A separable convolution: a depthwise one, a pointwise one, and the activation. */
export async function convertSeparable(call: LayerCall): Promise<GraphValue> {
  const { builder, layer } = call;
  const [depthwise, pointwise, bias] = layer.weights as [
    tfl.LayerVariable,
    tfl.LayerVariable,
    tfl.LayerVariable?,
  ];
  const [height, width, channels, times] = depthwise.shape as [number, number, number, number];
  const filters = pointwise.shape[3]!;
  const kernelOf = async (weight: tfl.LayerVariable, order: number[]) =>
    permuteAxes(await weight.read().data(), weight.shape as number[], order) as Float32Array;
  const shapes = {
    depthwise: [channels * times, 1, height, width],
    pointwise: [filters, channels * times, 1, 1],
  };
  const first = builder.kernel(
    `${layer.name}_depthwise`,
    shapes.depthwise,
    await kernelOf(depthwise, [2, 3, 0, 1]),
    0,
  );
  const second = builder.kernel(
    `${layer.name}_pointwise`,
    shapes.pointwise,
    await kernelOf(pointwise, [3, 2, 0, 1]),
    0,
  );
  const spatial = builder.add('Conv', `${layer.name}_spatial`, [channelsSecond(call), first], {
    ...windowAttributes(call, [height, width], call.config['dilationRate']),
    group: channels,
  });
  const biases = await biasesOf(bias, filters);
  const mixed = [spatial, second, builder.constant(`${layer.name}_bias`, [filters], biases)];
  const output = builder.add('Conv', layer.name, mixed, { kernel_shape: [1, 1] });
  return addActivation(call, `${layer.name}_activation`, output);
}

/**
 * A transposed convolution over two or three dimensions, and its activation.
 *
 * @see keras/src/backend/common/backend_utils.py for the length of its output
 */
export async function convertTransposed(call: LayerCall): Promise<GraphValue> {
  const { builder, layer } = call;
  const [kernel, bias] = layer.weights;
  const shape = kernel!.shape as number[];
  const dimensions = shape.length - 2;
  const kernelSize = shape.slice(0, dimensions);
  const [filters, channelsIn] = shape.slice(dimensions) as [number, number];
  // [height, width, out, in] to [in, out, height, width].
  const order = [dimensions + 1, dimensions, ...range(0, dimensions)];
  const values = permuteAxes(await kernel!.read().data(), shape, order) as Float32Array;
  const biases = await biasesOf(bias, filters);
  const output = builder.add(
    'ConvTranspose',
    layer.name,
    [
      channelsSecond(call),
      builder.kernel(`${layer.name}_kernel`, [channelsIn, filters, ...kernelSize], values, 1),
      builder.constant(`${layer.name}_bias`, [filters], biases),
    ],
    transposedWindow(call, kernelSize),
  );
  return addActivation(call, `${layer.name}_activation`, output);
}

/** What is cut off a transposed convolution's whole output, or added to it, is the same for every size of input. */
function transposedWindow(call: LayerCall, kernelSize: readonly number[]): AttributeValues {
  const { config } = call;
  const [strides, dilations] = ['strides', 'dilationRate'].map((key) =>
    perAxis(config[key], kernelSize.length),
  );
  const extra = config['outputPadding'] as number | readonly number[] | null | undefined;
  const excess = kernelSize.map((size, i) => {
    const [reach, stride] = [(size - 1) * dilations![i]! + 1, strides![i]!];
    const given = extra == null ? undefined : perAxis(extra, kernelSize.length)[i]!;
    if (config['padding'] === 'same') return reach - (given === undefined ? stride : (reach % 2) + given);
    return -(given ?? Math.max(stride - reach, 0));
  });
  // onnxruntime adds fewer rows than a stride.
  if (excess.some((size, i) => -size >= strides![i]!)) throw unsupportedOption(call, 'outputPadding', extra);
  const before = excess.map((size) => Math.floor(Math.max(size, 0) / 2));
  return {
    kernel_shape: kernelSize,
    strides: strides!,
    dilations: dilations!,
    pads: [...before, ...excess.map((size, i) => Math.max(size, 0) - before[i]!)],
    output_padding: excess.map((size) => Math.max(-size, 0)),
  };
}

/** A dense layer and its activation. */
export async function convertDense(call: LayerCall): Promise<GraphValue> {
  const { builder, layer, inputs } = call;
  const [kernel, bias] = layer.weights;
  const input = builder.channelsLast(inputs[0]!);
  const values = Float32Array.from(await kernel!.read().data());
  const weights = builder.kernel(`${layer.name}_kernel`, kernel!.shape as number[], values, 1);
  const biases =
    bias === undefined
      ? []
      : [
          builder.constant(
            `${layer.name}_bias`,
            bias.shape as number[],
            Float32Array.from(await bias.read().data()),
          ),
        ];
  // A product and a sum at once is for two axes alone.
  if (input.rank === 2 && biases.length === 1) {
    const output = builder.add('Gemm', layer.name, [input, weights, ...biases]);
    return addActivation(call, `${layer.name}_activation`, output);
  }
  let output = builder.add('MatMul', layer.name, [input, weights]);
  if (biases.length === 1) output = builder.add('Add', `${layer.name}_biased`, [output, ...biases]);
  return addActivation(call, `${layer.name}_activation`, output);
}

/** A batch norm that follows no convolution, by its moving averages: a product and a sum. */
export async function convertNorm({ builder, layer, config, inputs }: LayerCall): Promise<GraphValue> {
  const input = inputs[0]!;
  const axis = physicalAxis([config['axis'] as number | number[]].flat()[0]!, input);
  const { scale, offset } = await normAsAffine(layer);
  const shape = [scale.length, ...range(axis + 1, input.rank).map(() => 1)];
  const scaled = builder.add('Mul', `${layer.name}_scaled`, [
    input,
    builder.constant(`${layer.name}_scale`, shape, scale),
  ]);
  return builder.add('Add', layer.name, [scaled, builder.constant(`${layer.name}_offset`, shape, offset)]);
}

/** A layer norm over any axes: by mean and variance, since ONNX' own operator knows the last axes only. */
export async function convertLayerNorm(call: LayerCall): Promise<GraphValue> {
  const { builder, layer, config, inputs } = call;
  const { name } = layer;
  const x = builder.channelsLast(inputs[0]!);
  const axes = [config['axis'] as number | number[]].flat().map((axis) => physicalAxis(axis, x));
  const meanOf = (suffix: string, value: GraphValue) =>
    builder.add('ReduceMean', `${name}_${suffix}`, [value], { axes, keepdims: 1 });
  const centred = builder.add('Sub', `${name}_centred`, [x, meanOf('mean', x)]);
  const variance = meanOf('variance', builder.add('Mul', `${name}_squared`, [centred, centred]));
  const floored = builder.add('Add', `${name}_floored`, [
    variance,
    builder.scalar(`${name}_epsilon`, config['epsilon'] as number),
  ]);
  let output = builder.add('Div', name, [centred, builder.add('Sqrt', `${name}_deviation`, [floored])]);
  // gamma and beta, as far as the layer has them, along its axes.
  const operators = [
    config['scale'] === false ? [] : ['Mul'],
    config['center'] === false ? [] : ['Add'],
  ].flat();
  const shape = shapeAlong(axes, call);
  for (const [i, operator] of operators.entries()) {
    const values = Float32Array.from(await layer.weights[i]!.read().data());
    output = builder.add(operator, name, [output, builder.constant(`${name}_${operator}`, shape, values)]);
  }
  return output;
}

/** A layer's biases; zeros where it has none. */
async function biasesOf(bias: tfl.LayerVariable | undefined, filters: number): Promise<Float32Array> {
  return bias === undefined ? new Float32Array(filters) : Float32Array.from(await bias.read().data());
}

/** gamma / sqrt(variance + epsilon) and beta - mean * that. */
async function normAsAffine(layer: tfl.layers.Layer): Promise<Affine> {
  const norm = layer as unknown as {
    readonly gamma?: tfl.LayerVariable;
    readonly beta?: tfl.LayerVariable;
    readonly movingMean: tfl.LayerVariable;
    readonly movingVariance: tfl.LayerVariable;
    readonly epsilon: number;
  };
  const valuesOf = async (weight: tfl.LayerVariable | undefined) => weight && (await weight.read().data());
  const [mean, variance] = [await valuesOf(norm.movingMean), await valuesOf(norm.movingVariance)];
  const [gamma, beta] = [await valuesOf(norm.gamma), await valuesOf(norm.beta)];
  const scale = Float32Array.from(
    variance!,
    (value, i) => (gamma?.[i] ?? 1) / Math.sqrt(value + norm.epsilon),
  );
  const offset = Float32Array.from(mean!, (value, i) => (beta?.[i] ?? 0) - value * scale[i]!);
  return { scale, offset };
}

function fold(weights: Float32Array, biases: Float32Array, { scale, offset }: Affine): void {
  const perFilter = weights.length / biases.length;
  for (let filter = 0; filter < biases.length; filter++) {
    for (let i = filter * perFilter; i < (filter + 1) * perFilter; i++) weights[i]! *= scale[filter]!;
    biases[filter] = biases[filter]! * scale[filter]! + offset[filter]!;
  }
}
