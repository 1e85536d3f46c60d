import * as tf from '@tensorflow/tfjs-core';

import { withBroadcastBatches } from '../../kernels/broadcast-batches';
import { registerGradients } from '../../kernels/register-gradients';
import { replaceKernel } from '../../kernels/replace-kernel';

const WEBGL_BACKEND = 'webgl';

/** What is used of TensorFlow.js' WebGL backend. */
interface WebglBackend {
  disposeIntermediateTensorInfo(tensor: tf.TensorInfo): void;
}

/** The axis that a product sums over in each of the operands that have it, by name; undefined if it is no matrix product. */
type FindSharedAxes = (
  inputs: tf.NamedTensorInfoMap,
  attrs: tf.NamedAttrMap,
) => Readonly<Record<string, number>> | undefined;

/**
 * Corrects what TensorFlow.js' WebGL backend gets wrong in training.
 *
 * Textures hold blocks of 2 x 2 values; beside an odd number of them lie others, which packed operations leave there (exp(0) is
 * 1). Its matrix product adds their products to the result if the axis it sums over is odd: with an odd number of classes,
 * every gradient but the last layer's is wrong. Here such an axis is first made even, with zeros.
 */
export function registerWebglKernels(): void {
  registerGradients();
  for (const name of ['BatchMatMul', '_FusedMatMul']) {
    replaceKernel(name, WEBGL_BACKEND, (stock) =>
      withEvenAxes(withBroadcastBatches(stock!, WEBGL_BACKEND), matMulAxes),
    );
  }
  for (const name of ['Conv2D', 'FusedConv2D']) {
    replaceKernel(name, WEBGL_BACKEND, (stock) => withEvenAxes(stock!, convolutionAxes));
  }
}

const matMulAxes: FindSharedAxes = ({ a, b }, attrs) => {
  const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
  return { a: a!.shape.length - (transposeA ? 2 : 1), b: b!.shape.length - (transposeB ? 1 : 2) };
};

/** A 1 x 1 convolution is a matrix product there; the others read value by value. */
const convolutionAxes: FindSharedAxes = ({ filter }, attrs) => {
  const { dataFormat = 'NHWC' } = attrs as { dataFormat?: string };
  const isProduct = filter!.shape[0] === 1 && filter!.shape[1] === 1 && dataFormat === 'NHWC';
  return isProduct ? { x: 3, filter: 2 } : undefined;
};

function withEvenAxes(stock: tf.KernelFunc, findSharedAxes: FindSharedAxes): tf.KernelFunc {
  return (call) => {
    const inputs = call.inputs;
    const axes = Object.entries(findSharedAxes(inputs, call.attrs!) ?? {});
    if (axes.every(([name, axis]) => inputs[name]!.shape[axis]! % 2 === 0)) return stock(call);
    const backend = call.backend as WebglBackend;
    const even = axes.map(([name, axis]) => [name, withZero(backend, inputs[name]!, axis)] as const);
    const result = stock({ ...call, inputs: { ...inputs, ...Object.fromEntries(even) } });
    for (const [, tensor] of even) backend.disposeIntermediateTensorInfo(tensor);
    return result;
  };
}

/** `x` with one zero more along `axis`. */
function withZero(backend: WebglBackend, x: tf.TensorInfo, axis: number): tf.TensorInfo {
  const paddings = x.shape.map((_, index) => [0, index === axis ? 1 : 0]);
  const attrs = { paddings, constantValue: 0 } as unknown as tf.NamedAttrMap;
  return tf.getKernel('PadV2', WEBGL_BACKEND).kernelFunc({ inputs: { x }, backend, attrs }) as tf.TensorInfo;
}
