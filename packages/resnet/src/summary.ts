import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError } from '@zoo/core';

/** One stage of a network: the stem (`conv1`), `conv2` to `conv5`, or the head. */
export interface StageSummary {
  /** `conv1` to `conv5`, or `head`. */
  readonly name: string;
  /** The stage's output for one picture: [height, width, channels], or [values]. */
  readonly outputShape: readonly number[];
  /** Number of weights' values, moving averages included. */
  readonly parameters: number;
  /** Number of weights' values that training changes. */
  readonly trainableParameters: number;
  /** Multiply-adds of convolutions and dense layers for one picture, as papers count "FLOPs". */
  readonly multiplyAdds: number;
  /** Bytes of all layers' outputs for one picture in float32: what training keeps, before the engine saves any. */
  readonly activationBytes: number;
  /** Side of the square of the input that one value of the output sees, in pixels; undefined once the whole picture is pooled. */
  readonly receptiveField: number | undefined;
}

/** The result of {@link summary}: the stages and their sums. */
export interface ModelSummary {
  readonly name: string;
  readonly stages: readonly StageSummary[];
  readonly parameters: number;
  readonly trainableParameters: number;
  readonly multiplyAdds: number;
  readonly activationBytes: number;
}

/**
 * Parameters, multiply-adds, activation memory and receptive field of a network, stage by stage.
 *
 * @param inputShape Height, width and channels to calculate with, if the model leaves them open. Default: the model's.
 * @throws ArgumentError if the model leaves its input's size open and none is given.
 */
export function summary(
  model: tfl.LayersModel,
  inputShape?: readonly [number, number, number],
): ModelSummary {
  const shape = inputShape ?? (model.inputs[0]!.shape.slice(1) as number[]);
  if (shape.some((size) => (size as number | null) === null)) {
    throw new ArgumentError(
      'inputShape',
      'height, width and channels for a model that leaves them open',
      inputShape,
    );
  }
  const geometry = new Map<tfl.SymbolicTensor, Geometry>();
  geometry.set(model.inputs[0]!, { shape: [...shape], field: 1, jump: 1 });
  const stages = new Map<string, StageSummary>();
  for (const layer of model.layers) {
    if (layer.getClassName() === 'InputLayer') continue;
    const inputs = [layer.input].flat().map((tensor) => geometry.get(tensor)!);
    const output = geometryOf(layer, inputs);
    geometry.set(layer.output as tfl.SymbolicTensor, output);
    const name = stageOf(layer.name);
    stages.set(name, extended(stages.get(name), name, layer, output));
  }
  return totalled(model.name, [...stages.values()]);
}

/** A tensor's shape, the pixels one of its values sees, and how many lie between the centres of two neighbours. */
interface Geometry {
  readonly shape: readonly number[];
  readonly field: number | undefined;
  readonly jump: number;
}

function geometryOf(layer: tfl.layers.Layer, inputs: readonly Geometry[]): Geometry {
  const batched = inputs.map(({ shape }) => [1, ...shape]);
  const outputShape = layer.computeOutputShape(batched.length === 1 ? batched[0]! : batched) as number[];
  const widest = inputs.reduce((a, b) => ((b.field ?? Infinity) > (a.field ?? Infinity) ? b : a));
  const {
    kernelSize,
    poolSize,
    strides = [1],
    dilationRate = 1,
  } = layer as unknown as {
    kernelSize?: number[];
    poolSize?: number[];
    strides?: number[];
    dilationRate?: number | number[];
  };
  const window = ((kernelSize ?? poolSize)?.[0] ?? 1) - 1;
  const reach = window * [dilationRate].flat()[0]!;
  const pooled = widest.field === undefined || layer.getClassName().startsWith('Global');
  return {
    shape: outputShape.slice(1),
    field: pooled ? undefined : widest.field + reach * widest.jump,
    jump: widest.jump * (strides[0] ?? 1),
  };
}

function stageOf(layerName: string): string {
  const match = /^(conv\d+)_/.exec(layerName);
  if (match !== null) return match[1]!;
  return /^(data_|pool1_)/.test(layerName) ? 'conv1' : 'head';
}

function extended(
  stage: StageSummary | undefined,
  name: string,
  layer: tfl.layers.Layer,
  { shape, field }: Geometry,
): StageSummary {
  const sizeOf = (weights: readonly tfl.LayerVariable[]): number =>
    weights.reduce((sum, weight) => sum + tf.util.sizeFromShape(weight.shape as number[]), 0);
  const outputs = tf.util.sizeFromShape([...shape]);
  return {
    name,
    outputShape: shape,
    parameters: (stage?.parameters ?? 0) + sizeOf(layer.weights),
    trainableParameters: (stage?.trainableParameters ?? 0) + sizeOf(layer.trainableWeights),
    multiplyAdds: (stage?.multiplyAdds ?? 0) + multiplyAddsOf(layer, outputs),
    activationBytes: (stage?.activationBytes ?? 0) + 4 * outputs,
    receptiveField: field,
  };
}

/** For each output value, as many as the kernel has values for it; norms, sums and ReLUs don't count, as in the papers. */
function multiplyAddsOf(layer: tfl.layers.Layer, outputs: number): number {
  const kernel = layer.weights.find((weight) => /kernel$/.test(weight.originalName));
  if (kernel === undefined) return 0;
  const shape = kernel.shape as number[];
  // Each value of a depthwise kernel makes its own output channel.
  const axes = layer.getClassName() === 'DepthwiseConv2D' ? -2 : -1;
  return outputs * tf.util.sizeFromShape(shape.slice(0, axes));
}

function totalled(name: string, stages: readonly StageSummary[]): ModelSummary {
  const sum = (key: 'parameters' | 'trainableParameters' | 'multiplyAdds' | 'activationBytes'): number =>
    stages.reduce((total, stage) => total + stage[key], 0);
  return {
    name,
    stages,
    parameters: sum('parameters'),
    trainableParameters: sum('trainableParameters'),
    multiplyAdds: sum('multiplyAdds'),
    activationBytes: sum('activationBytes'),
  };
}
