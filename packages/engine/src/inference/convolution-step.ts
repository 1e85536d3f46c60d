import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { FUSED_KERNELS, hasFusedKernel, runFusedKernel } from '@zoo/core';

import type { LayerCall, LayerGraph } from './layer-graph';
import type { PredictionStep } from './prediction-step';

/** A convolution of a plan, with the layers before and after it that it takes the place of. */
export interface PlannedConvolution {
  readonly layer: tfl.layers.Layer;
  readonly settings: ConvolutionSettings;
  readonly input: tfl.SymbolicTensor;
  readonly output: tfl.SymbolicTensor;
  /** Rows and columns of zeros that a layer before it has added. */
  readonly zeroPadding: Padding | undefined;
  /** What a layer after it adds. */
  readonly addend: tfl.SymbolicTensor | undefined;
  readonly activation: 'linear' | 'relu';
}

/** The convolutions of a graph, each by the last call that it takes the place of, and the other calls that it does. */
export interface PlannedConvolutions {
  readonly convolutions: ReadonlyMap<LayerCall, PlannedConvolution>;
  readonly absorbed: ReadonlySet<LayerCall>;
}

type Padding = [rows: [number, number], columns: [number, number]];

interface ConvolutionSettings {
  readonly strides: [number, number];
  readonly padding: 'valid' | 'same';
  readonly dilationRate: [number, number];
  readonly activation: 'linear' | 'relu';
}

/**
 * The convolutions that are more than a layer: one takes in the zeros around its image, the sum that ends a residual block and
 * the ReLU over it, so that none of them is a pass over memory of its own.
 */
export function planConvolutions(graph: LayerGraph): PlannedConvolutions {
  const convolutions = new Map<LayerCall, PlannedConvolution>();
  const absorbed = new Set<LayerCall>();
  for (const call of graph.calls) {
    const settings = convolutionSettings(call);
    if (settings === undefined) continue;
    const padding = zeroPaddingBefore(graph, call, settings);
    const sum = settings.activation === 'linear' ? sumAfter(graph, call) : undefined;
    const relu = sum && soleReader(graph, sum.call, isRelu);
    const last = relu ?? sum?.call ?? call;
    for (const other of [padding?.call, call, sum?.call]) if (other && other !== last) absorbed.add(other);
    convolutions.set(last, {
      layer: call.outboundLayer,
      settings,
      input: (padding?.call ?? call).inputTensors[0]!,
      output: last.outputTensors[0]!,
      zeroPadding: padding?.size,
      addend: sum?.addend,
      activation: relu === undefined ? settings.activation : 'relu',
    });
  }
  return { convolutions, absorbed };
}

/** The settings of a call of a channels-last 2-D convolution with bias, linear or with ReLU; undefined for any other. */
function convolutionSettings({ outboundLayer: layer }: LayerCall): ConvolutionSettings | undefined {
  if (layer.getClassName() !== 'Conv2D') return undefined;
  const { dataFormat, useBias, ...settings } = layer.getConfig() as unknown as ConvolutionSettings & {
    readonly dataFormat: string;
    readonly useBias: boolean;
  };
  const isPlain = ['linear', 'relu'].includes(settings.activation) && dataFormat === 'channelsLast';
  return isPlain && useBias ? settings : undefined;
}

function zeroPaddingBefore(
  graph: LayerGraph,
  call: LayerCall,
  { padding }: ConvolutionSettings,
): { call: LayerCall; size: Padding } | undefined {
  const before = graph.makerOf(call.inputTensors[0]!);
  if (padding !== 'valid' || before?.outboundLayer.getClassName() !== 'ZeroPadding2D') return undefined;
  if (soleReader(graph, before, (reader) => reader === call) === undefined) return undefined;
  const config = before.outboundLayer.getConfig() as unknown as { dataFormat: string; padding: Padding };
  return config.dataFormat === 'channelsLast' ? { call: before, size: config.padding } : undefined;
}

/** The sum of two tensors of one shape that alone reads a call's output, unless its other convolution comes later and takes it. */
function sumAfter(
  graph: LayerGraph,
  call: LayerCall,
): { call: LayerCall; addend: tfl.SymbolicTensor } | undefined {
  const sum = soleReader(graph, call, ({ outboundLayer }) => outboundLayer.getClassName() === 'Add');
  const [output] = call.outputTensors;
  const addends = sum?.inputTensors.filter(({ id }) => id !== output!.id) ?? [];
  const [addend] = addends;
  if (sum?.inputTensors.length !== 2 || addends.length !== 1) return undefined;
  // Sizes that the model leaves open may differ: the smaller tensor is then repeated.
  const isSameSize = output!.shape.every((size, axis) => axis === 0 || size === addend!.shape[axis]);
  if (!isSameSize || output!.shape.slice(1).includes(null)) return undefined;
  const other = graph.makerOf(addend!)!;
  const isOthers =
    graph.calls.indexOf(other) > graph.calls.indexOf(call) &&
    convolutionSettings(other)?.activation === 'linear' &&
    soleReader(graph, other, (reader) => reader === sum) !== undefined;
  return isOthers ? undefined : { call: sum, addend: addend! };
}

function isRelu({ outboundLayer }: LayerCall): boolean {
  const className = outboundLayer.getClassName();
  const { activation, maxValue, negativeSlope, threshold } = outboundLayer.getConfig();
  if (className === 'Activation') return activation === 'relu';
  return className === 'ReLU' && [maxValue, negativeSlope, threshold].every((value) => !value);
}

/** The one call that reads a call's only output, if nothing else does and it is of the kind that is asked for. */
function soleReader(
  graph: LayerGraph,
  { outputTensors }: LayerCall,
  isWanted: (reader: LayerCall) => boolean,
): LayerCall | undefined {
  const [output] = outputTensors;
  const readers = graph.readersOf(output!);
  const isSole = outputTensors.length === 1 && readers.length === 1 && !graph.isOutput(output!);
  return isSole && isWanted(readers[0]!) ? readers[0] : undefined;
}

/** Computes a planned convolution with the weights that its layer has at the time. */
export function convolutionStep({
  layer,
  settings,
  input,
  output,
  zeroPadding,
  addend,
  activation,
}: PlannedConvolution): PredictionStep {
  const [kernel, bias] = layer.weights as [tfl.LayerVariable, tfl.LayerVariable];
  const padding = zeroPadding && explicitPadding(zeroPadding);
  const common = { strides: settings.strides, dilations: settings.dilationRate };
  return {
    inputs: [input, addend].flatMap((tensor) => (tensor === undefined ? [] : [tensor.id])),
    outputs: [output.id],
    run([image, sum], [, isSumGivenUp]) {
      const isPadded = padding !== undefined && canPad();
      const x = (padding === undefined || isPadded ? image! : tf.pad(image!, padding)) as tf.Tensor4D;
      const pad = isPadded ? padding : settings.padding;
      const weights = { x, filter: kernel.read() as tf.Tensor4D, bias: bias.read() };
      if (sum === undefined) return [tf.fused.conv2d({ ...weights, ...common, pad, activation })];
      if (isSumGivenUp === true && hasFusedKernel(FUSED_KERNELS.convolutionAdd)) {
        const attributes = { ...common, pad, activation };
        return [runFusedKernel(FUSED_KERNELS.convolutionAdd, { ...weights, addend: sum }, attributes)];
      }
      return [
        tf.tidy(() => {
          const total = tf.add(tf.fused.conv2d({ ...weights, ...common, pad }), sum);
          return activation === 'relu' ? tf.relu(total) : total;
        }),
      ];
    },
  };
}

/** `ZeroPadding2D`'s numbers as the operations take them, channels last. */
function explicitPadding([rows, columns]: Padding): tf.backend_util.ExplicitPadding {
  return [[0, 0], rows, columns, [0, 0]];
}

/** False where a convolution can't add zeros of its own: tfjs-node's own kernels know 'same' and 'valid' only. */
function canPad(): boolean {
  return tf.getBackend() !== 'tensorflow';
}
