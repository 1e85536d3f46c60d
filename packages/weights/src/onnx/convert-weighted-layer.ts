import type * as tf from '@tensorflow/tfjs';
import { ZooError } from '@zoo/core';

import { permuteAxes } from '../stored-tensor';

import { addActivation } from './activations';
import type { LayerCall } from './convert-layer';
import type { GraphValue } from './graph-builder';

interface Affine {
  readonly scale: Float32Array;
  readonly offset: Float32Array;
}

/** A convolution, the batch norm after it folded in, and its activation. */
export async function convertConvolution(call: LayerCall): Promise<GraphValue> {
  const { builder, layer, config, foldedNorm } = call;
  const isDepthwise = layer.getClassName() === 'DepthwiseConv2D';
  const [kernel, bias] = layer.weights;
  const shape = kernel!.shape as number[];
  const [height, width, channelsIn, last] = shape as [number, number, number, number];
  const filters = isDepthwise ? channelsIn * last : last;
  const affine = foldedNorm === undefined ? undefined : await normAsAffine(foldedNorm);
  const values = (await kernel!.read().data()) as Float32Array;
  // [height, width, in, out] to [out, in, height, width]; of a depthwise one [height, width, in, times] to [in * times, 1, ...].
  const order = isDepthwise ? [2, 3, 0, 1] : [3, 2, 0, 1];
  const weights = permuteAxes(values, shape, order) as Float32Array;
  const biases = bias === undefined ? new Float32Array(filters) : Float32Array.from(await bias.read().data());
  if (affine !== undefined) fold(weights, biases, affine);
  const kernelShape = [filters, isDepthwise ? 1 : channelsIn, height, width];
  const output = builder.add(
    'Conv',
    layer.name,
    [
      builder.channelsFirst(call.inputs[0]!),
      builder.constant(`${layer.name}_kernel`, kernelShape, weights),
      builder.constant(`${layer.name}_bias`, [filters], biases),
    ],
    {
      kernel_shape: [height, width],
      strides: config['strides'] as number[],
      dilations: (config['dilationRate'] as number[] | undefined) ?? [1, 1],
      group: isDepthwise ? channelsIn : 1,
      auto_pad: config['padding'] === 'same' ? 'SAME_UPPER' : 'VALID',
    },
  );
  return addActivation(builder, `${layer.name}_activation`, output, config['activation']);
}

/** A separable convolution: a depthwise one, a pointwise one, and the activation. */
export async function convertSeparable({ builder, layer, config, inputs }: LayerCall): Promise<GraphValue> {
  const [depthwise, pointwise, bias] = layer.weights as [
    tf.LayerVariable,
    tf.LayerVariable,
    tf.LayerVariable?,
  ];
  const [height, width, channels, times] = depthwise.shape as [number, number, number, number];
  const filters = pointwise.shape[3]!;
  const kernelOf = async (weight: tf.LayerVariable, order: number[]) =>
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
  const spatial = builder.add('Conv', `${layer.name}_spatial`, [builder.channelsFirst(inputs[0]!), first], {
    kernel_shape: [height, width],
    strides: config['strides'] as number[],
    dilations: (config['dilationRate'] as number[] | undefined) ?? [1, 1],
    group: channels,
    auto_pad: config['padding'] === 'same' ? 'SAME_UPPER' : 'VALID',
  });
  const biases = bias === undefined ? new Float32Array(filters) : Float32Array.from(await bias.read().data());
  const mixed = [spatial, second, builder.constant(`${layer.name}_bias`, [filters], biases)];
  const output = builder.add('Conv', layer.name, mixed, { kernel_shape: [1, 1] });
  return addActivation(builder, `${layer.name}_activation`, output, config['activation']);
}

/** A dense layer and its activation. */
export async function convertDense({ builder, layer, config, inputs }: LayerCall): Promise<GraphValue> {
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
  return addActivation(builder, `${layer.name}_activation`, output, config['activation']);
}

/** A batch norm that follows no convolution, by its moving averages: a product and a sum. */
export async function convertNorm({ builder, layer, config, inputs }: LayerCall): Promise<GraphValue> {
  const input = builder.channelsFirst(inputs[0]!);
  expectLastAxis(layer, config['axis'] as number, input.rank);
  const { scale, offset } = await normAsAffine(layer);
  const shape = input.isChannelsFirst ? [scale.length, 1, 1] : [scale.length];
  const scaled = builder.add('Mul', `${layer.name}_scaled`, [
    input,
    builder.constant(`${layer.name}_scale`, shape, scale),
  ]);
  return builder.add('Add', layer.name, [scaled, builder.constant(`${layer.name}_offset`, shape, offset)]);
}

function expectLastAxis(layer: tf.layers.Layer, axis: number, rank: number): void {
  if (axis === -1 || axis === rank - 1) return;
  throw new ZooError(
    'unsupported',
    `Expected a batch norm over the last axis but '${layer.name}' has axis ${axis}.`,
  );
}

/** gamma / sqrt(variance + epsilon) and beta - mean * that. */
async function normAsAffine(layer: tf.layers.Layer): Promise<Affine> {
  const norm = layer as unknown as {
    readonly gamma?: tf.LayerVariable;
    readonly beta?: tf.LayerVariable;
    readonly movingMean: tf.LayerVariable;
    readonly movingVariance: tf.LayerVariable;
    readonly epsilon: number;
  };
  const valuesOf = async (weight: tf.LayerVariable | undefined) => weight && (await weight.read().data());
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
