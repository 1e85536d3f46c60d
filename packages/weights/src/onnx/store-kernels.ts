import { quantizeChannels } from '../quantize/quantize-channels';
import { encodeValues, expectWithinFloat16 } from '../tensor-data';

import type { OnnxModel, OnnxNode, OnnxTensor } from './onnx-proto';

/** TensorProto.DataType of what kernels are computed with. */
const FLOAT = 1;

/**
 * `graph` with the kernels of its layers stored as float16 or as int8 with a scale for each output, and a node behind each that makes them
 * float32 again. All else, biases included, stays float32.
 *
 * @throws ArgumentError for a weight beyond float16; ZooError 'not-finite' for one that can't be quantized.
 */
export function storeKernels(graph: OnnxModel, dtype: 'float16' | 'int8', largest = 127): OnnxModel {
  const nodes: OnnxNode[] = [];
  const constants = graph.constants.flatMap((constant) => {
    if (constant.channelAxis === undefined) return [constant];
    const stored = dtype === 'int8' ? asInt8(constant, largest) : asFloat16(constant);
    nodes.push(stored.node);
    return stored.constants;
  });
  return { ...graph, constants, nodes: [...nodes, ...graph.nodes] };
}

/** What stands in a kernel's place: constants, and the node that gives the kernel's name to what it makes of them. */
export interface StoredKernel {
  readonly constants: readonly OnnxTensor[];
  readonly node: OnnxNode;
}

/** A kernel in int8; `neededScales` are the least that a bias needs, as in `quantizeChannels`. One with a step has no bias. */
export function asInt8(
  { name, shape, values, channelAxis = 0, step }: OnnxTensor,
  largest: number,
  neededScales?: ArrayLike<number>,
): StoredKernel & { readonly scales: Float32Array<ArrayBuffer> } {
  const smallestScales = step === undefined ? neededScales : new Float32Array(shape[channelAxis]!).fill(step);
  const quantized = quantizeChannels(name, values as Float32Array, shape, [channelAxis], {
    largest,
    ...(smallestScales && { smallestScales }),
  });
  const [whole, scale, zeroPoint] = [`${name}_quantized`, `${name}_scale`, `${name}_zero_point`];
  const channels = quantized.scales.length;
  return {
    constants: [
      { name: whole, shape, values: quantized.values },
      { name: scale, shape: [channels], values: quantized.scales },
      // Zeros may be left out, but onnxruntime fuses no Gemm and no MatMul without them.
      { name: zeroPoint, shape: [channels], values: new Int8Array(channels) },
    ],
    node: {
      name: `${name}_DequantizeLinear`,
      operator: 'DequantizeLinear',
      inputs: [whole, scale, zeroPoint],
      outputs: [name],
      attributes: { axis: { kind: 'int', value: channelAxis } },
    },
    scales: quantized.scales,
  };
}

function asFloat16({ name, shape, values }: OnnxTensor): StoredKernel {
  expectWithinFloat16(name, values);
  const half = `${name}_float16`;
  const { buffer } = encodeValues(values, 'float16')!;
  return {
    constants: [{ name: half, shape, values: new Uint16Array(buffer) }],
    node: {
      name: `${name}_Cast`,
      operator: 'Cast',
      inputs: [half],
      outputs: [name],
      attributes: { to: { kind: 'int', value: FLOAT } },
    },
  };
}
