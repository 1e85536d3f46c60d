import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, readOptions, type AnyRow, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { activationRange, CALIBRATION_METHOD, type CalibrationMethod } from '../quantize/activation-range';
import { observeActivations, type CalibrationBatches } from '../quantize/observe-activations';

import { modelGraph, type ModelGraph } from './model-graph';
import { encodeOnnx, type OnnxModel } from './onnx-proto';
import { quantizeGraph } from './quantize-graph';
import { storeKernels } from './store-kernels';

/** What {@link exportOnnx} takes. */
export const ONNX_OPTIONS = {
  /**
   * What kernels are stored as. `'float16'`: in half the bytes, float32 again before they are computed with. `'int8'`: in a quarter, whole
   * numbers and a scale for each output; with `calibration` also computed with in whole numbers. Biases and all else stay float32.
   */
  dtype: { type: 'choice', choices: ['float32', 'float16', 'int8'], default: 'float32' },
  /**
   * Batches of the model's inputs, normalised, for `'int8'`: activations become uint8, in the ranges that these batches show. A hundred
   * pictures are enough. The batches are disposed. Default: activations stay float32.
   */
  calibration: {
    type: 'any',
    expected: 'batches to iterate over',
    check: expectBatches,
  } as AnyRow<CalibrationBatches>,
  /**
   * How ranges follow from `calibration`: from the smallest value to the largest; without the outermost ten-thousandth; or with the
   * smallest mean of squared errors. Default: 'meanSquaredError'.
   */
  calibrationMethod: CALIBRATION_METHOD,
  /**
   * Kernels of 7 bits for `'int8'`: x86 processors without VNNI (before about 2019) add up products in 16 bits, which 8 bits overflow.
   * Default false.
   */
  reduceRange: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** Options of {@link exportOnnx}. */
export interface OnnxOptions extends OptionsOf<typeof ONNX_OPTIONS> {}

/** Whole numbers that kernels are stored as, at most: of 8 and of 7 bits. */
const LARGEST = { whole: 127, reduced: 64 };

/**
 * The bytes of an ONNX model (operator set 17) that computes what `model` does in inference, from the same inputs: channels
 * last, any batch size. Batch norms that follow a convolution are folded into it; dropouts are left out.
 *
 * With `dtype: 'int8'` kernels are symmetric, per output channel, without zero-points. With `calibration` besides, activations are uint8
 * between pairs of QuantizeLinear and DequantizeLinear, which onnxruntime turns into operators on whole numbers.
 *
 * @throws ZooError 'unsupported' that names every layer that can't be exported; 'not-finite' for weights or activations that can't be
 *   quantized; ArgumentError for options that do not fit each other, no batch, or one of another shape than the model's inputs.
 */
export async function exportOnnx(
  model: tfl.LayersModel,
  options: OnnxOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { dtype, calibration, calibrationMethod, reduceRange } = readOptions(ONNX_OPTIONS, options);
  for (const name of ['calibration', 'calibrationMethod', 'reduceRange'] as const) {
    if (dtype === 'int8' || options[name] === undefined) continue;
    throw new ArgumentError('options.dtype', `'int8' with \`${name}\``, dtype);
  }
  const whole = await modelGraph(model);
  const largest = reduceRange ? LARGEST.reduced : LARGEST.whole;
  let { graph } = whole;
  if (calibration !== undefined)
    graph = await calibrated(model, whole, { calibration, calibrationMethod, largest });
  else if (dtype !== 'float32') graph = storeKernels(graph, dtype, largest);
  return encodeOnnx(graph) as Uint8Array<ArrayBuffer>;
}

async function calibrated(
  model: tfl.LayersModel,
  { graph, callOutputs }: ModelGraph,
  {
    calibration,
    calibrationMethod,
    largest,
  }: { calibration: CalibrationBatches; calibrationMethod: CalibrationMethod; largest: number },
): Promise<OnnxModel> {
  // Of the calls whose output is one value, as a convolution's and its folded batch norm's, the last is what the graph computes.
  const lastCalls = new Map(callOutputs.map((name, index) => [name, index]));
  const wanted = new Set(lastCalls.values());
  const { inputs, calls } = await observeActivations(model, calibration, (index) => wanted.has(index));
  const histograms = [
    ...graph.inputs.map(({ name }, i) => [name, inputs[i]!] as const),
    ...Array.from(lastCalls, ([name, index]) => [name, calls.get(index)!] as const),
  ];
  const ranges = new Map(
    histograms.map(([name, histogram]) => [name, activationRange(histogram, calibrationMethod)]),
  );
  return quantizeGraph(graph, ranges, largest);
}

function expectBatches(argument: string, value: unknown): CalibrationBatches {
  const isIterable =
    typeof value === 'object' &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value);
  if (isIterable) return value as CalibrationBatches;
  throw new ArgumentError(argument, 'batches to iterate over', value);
}
