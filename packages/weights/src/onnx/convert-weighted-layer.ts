import type * as tfl from '@tensorflow/tfjs-layers';

import { permuteAxes } from '../stored-tensor';

import { addActivation } from './activations';
import { range, type GraphValue } from './graph-builder';
import { channelsSecond, physicalAxis, type LayerCall } from './layer-call';
import { windowAttributes } from './window';

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
  const values = (await kernel!.read().data()) as Float32Array;
  // [height, width, in, out] to [out, in, height, width]; of a depthwise one [height, width, in, times] to [in * times, 1, ...].
  const outer = isDepthwise ? [dimensions, dimensions + 1] : [dimensions + 1, dimensions];
  const weights = permuteAxes(values, shape, [...outer, ...range(0, dimensions)]) as Float32Array;
  const biases = bias === undefined ? new Float32Array(filters) : Float32Array.from(await bias.read().data());
  if (affine !== undefined) fold(weights, biases, affine);
  const kernelSize = shape.slice(0, dimensions);
  const kernelShape = [filters, isDepthwise ? 1 : channelsIn, ...kernelSize];
  const output = builder.add(
    'Conv',
    layer.name,
    [
      channelsSecond(call),
      builder.constant(`${layer.name}_kernel`, kernelShape, weights),
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
  const first = builder.constant(
    `${layer.name}_depthwise`,
    shapes.depthwise,
    await kernelOf(depthwise, [2, 3, 0, 1]),
  );
  const second = builder.constant(
    `${layer.name}_pointwise`,
    shapes.pointwise,
    await kernelOf(pointwise, [3, 2, 0, 1]),
  );
  const spatial = builder.add('Conv', `${layer.name}_spatial`, [channelsSecond(call), first], {
    ...windowAttributes(call, [height, width], call.config['dilationRate']),
    group: channels,
  });
  const biases = bias === undefined ? new Float32Array(filters) : Float32Array.from(await bias.read().data());
  const mixed = [spatial, second, builder.constant(`${layer.name}_bias`, [filters], biases)];
  const output = builder.add('Conv', layer.name, mixed, { kernel_shape: [1, 1] });
  return addActivation(call, `${layer.name}_activation`, output);
}

/** A dense layer and its activation. */
export async function convertDense(call: LayerCall): Promise<GraphValue> {
  const { builder, layer, inputs } = call;
  const [kernel, bias] = layer.weights;
  const input = builder.channelsLast(inputs[0]!);
  const values = Float32Array.from(await kernel!.read().data());
  const weights = builder.constant(`${layer.name}_kernel`, kernel!.shape as number[], values);
  let output = builder.add('MatMul', layer.name, [input, weights]);
  if (bias !== undefined) {
    const biases = Float32Array.from(await bias.read().data());
    const constant = builder.constant(`${layer.name}_bias`, bias.shape as number[], biases);
    output = builder.add('Add', `${layer.name}_biased`, [output, constant]);
  }
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
