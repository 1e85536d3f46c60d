import * as tf from '@tensorflow/tfjs';

import { registerGradients } from '../kernels/register-gradients';

const WEBGL_BACKEND = 'webgl';

/** What is used of TensorFlow.js' WebGL backend. */
interface WebglBackend {
  disposeIntermediateTensorInfo(tensor: tf.TensorInfo): void;
}

/** The axes that a product sums over, one for each of its first two operands, and what these are called. */
interface SharedAxes {
  readonly operands: readonly [string, string];
  readonly axes: readonly [number, number];
}

type FindSharedAxes = (inputs: tf.NamedTensorInfoMap, attrs: tf.NamedAttrMap) => SharedAxes | undefined;

/** Ours, so that registering twice does not take our own kernel for the stock one. */
const ours = new WeakSet<tf.KernelFunc>();

/**
 * Mends what TensorFlow.js' WebGL backend gets wrong in training.
 *
 * Textures hold blocks of 2 x 2 values; beside an odd number of them lie others, which packed operations leave there (exp(0) is
 * 1). Its matrix product adds their products to the result if the axis it sums over is odd: with an odd number of classes,
 * every gradient but the last layer's is wrong. Here such an axis is first made even, with zeros.
 */
export function registerWebglKernels(): void {
  registerGradients();
  makeEven('BatchMatMul', matMulAxes);
  makeEven('_FusedMatMul', matMulAxes);
  makeEven('Conv2D', convolutionAxes);
  makeEven('FusedConv2D', convolutionAxes);
}

const matMulAxes: FindSharedAxes = ({ a, b }, attrs) => {
  const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
  const rank = [a!.shape.length, b!.shape.length] as const;
  return {
    operands: ['a', 'b'],
    axes: [rank[0] - (transposeA ? 2 : 1), rank[1] - (transposeB ? 1 : 2)],
  };
};

/** A 1 x 1 convolution is a matrix product there; the others read value by value. */
const convolutionAxes: FindSharedAxes = ({ filter }, attrs) => {
  const { dataFormat = 'NHWC' } = attrs as { dataFormat?: string };
  const isProduct = filter!.shape[0] === 1 && filter!.shape[1] === 1 && dataFormat === 'NHWC';
  return isProduct ? { operands: ['x', 'filter'], axes: [3, 2] } : undefined;
};

function makeEven(kernelName: string, findSharedAxes: FindSharedAxes): void {
  const stock = tf.getKernel(kernelName, WEBGL_BACKEND);
  if (ours.has(stock.kernelFunc)) return;
  const kernelFunc: tf.KernelFunc = (call) => {
    const inputs = call.inputs;
    const shared = findSharedAxes(inputs, call.attrs!);
    if (shared === undefined) return stock.kernelFunc(call);
    const [first, second] = shared.operands;
    if (inputs[first]!.shape[shared.axes[0]]! % 2 === 0) return stock.kernelFunc(call);
    const backend = call.backend as WebglBackend;
    const even = shared.operands.map((name, index) => withZero(backend, inputs[name]!, shared.axes[index]!));
    const result = stock.kernelFunc({
      ...call,
      inputs: { ...inputs, [first]: even[0]!, [second]: even[1]! },
    });
    for (const tensor of even) backend.disposeIntermediateTensorInfo(tensor);
    return result;
  };
  ours.add(kernelFunc);
  // TensorFlow.js warns of a kernel that is registered twice.
  tf.unregisterKernel(kernelName, WEBGL_BACKEND);
  tf.registerKernel({ ...stock, kernelFunc });
}

/** `x` with one zero more along `axis`. */
function withZero(backend: WebglBackend, x: tf.TensorInfo, axis: number): tf.TensorInfo {
  const paddings = x.shape.map((_, index) => [0, index === axis ? 1 : 0]);
  const attrs = { paddings, constantValue: 0 } as unknown as tf.NamedAttrMap;
  return tf.getKernel('PadV2', WEBGL_BACKEND).kernelFunc({ inputs: { x }, backend, attrs }) as tf.TensorInfo;
}
