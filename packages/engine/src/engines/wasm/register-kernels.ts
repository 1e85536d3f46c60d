import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';

import type { KernelCall } from '../../kernels/kernel-call';

import type { KernelContext } from './kernel-context';
import { batchNorm, batchNormGradient, fusedBatchNorm } from './kernels/batch-norm';
import { multiply, subtract } from './kernels/channel-arithmetic';
import {
  cast,
  cosine,
  einsum,
  maxPoolWithArgmax,
  oneHot,
  prelu,
  rotateWithOffset,
  sine,
} from './kernels/composed';
import { conv2d, convolutionAdd, fusedConv2d } from './kernels/convolution';
import { conv3dBackpropFilter, conv3dBackpropInput } from './kernels/convolution-3d';
import { conv2dBackpropFilter, conv2dBackpropInput } from './kernels/convolution-gradients';
import { depthwiseBackpropFilter, depthwiseBackpropInput } from './kernels/depthwise-gradients';
import { dilation2d, dilation2dBackpropFilter, dilation2dBackpropInput } from './kernels/dilation';
import {
  add,
  clipByValue,
  identity,
  maximum,
  minimum,
  relu,
  relu6,
  reluGradient,
  sign,
} from './kernels/elementwise';
import {
  groupedConvolution,
  groupedConvolutionFilterGradient,
  groupedConvolutionInputGradient,
} from './kernels/grouped-convolution';
import type { KernelDefinition } from './kernels/kernel-definition';
import { batchMatMul, fusedMatMul } from './kernels/mat-mul';
import { averagePool, averagePoolGradient, maxPool, maxPoolGradient } from './kernels/pooling';
import { maxPool3d, maxPool3dGradient } from './kernels/pooling-3d';
import { mean, sum } from './kernels/reductions';
import { unsortedSegmentSum } from './kernels/segment-sum';
import { slice } from './kernels/slice';
import type { MemoryGuard } from './memory-guard';

const BACKEND_NAME = 'wasm';

const KERNELS: readonly KernelDefinition[] = [
  conv2d,
  fusedConv2d,
  convolutionAdd,
  conv2dBackpropInput,
  conv2dBackpropFilter,
  groupedConvolution,
  groupedConvolutionInputGradient,
  groupedConvolutionFilterGradient,
  conv3dBackpropInput,
  conv3dBackpropFilter,
  depthwiseBackpropInput,
  depthwiseBackpropFilter,
  batchMatMul,
  fusedMatMul,
  add,
  multiply,
  subtract,
  identity,
  relu,
  relu6,
  clipByValue,
  sign,
  maximum,
  minimum,
  sine,
  cosine,
  prelu,
  cast,
  einsum,
  oneHot,
  rotateWithOffset,
  reluGradient,
  batchNorm,
  batchNormGradient,
  fusedBatchNorm,
  maxPool,
  maxPoolGradient,
  averagePool,
  averagePoolGradient,
  maxPoolWithArgmax,
  maxPool3d,
  maxPool3dGradient,
  dilation2d,
  dilation2dBackpropInput,
  dilation2dBackpropFilter,
  sum,
  mean,
  unsortedSegmentSum,
  slice,
];

/**
 * Puts our kernels in the place of tfjs's; what a kernel of ours leaves alone goes to the one it replaced.
 *
 * Every kernel of the backend, tfjs's too, tells the memory guard its name while it runs.
 */
export function registerKernels(context: KernelContext, guard: MemoryGuard): void {
  const ours = new Map(KERNELS.map((kernel) => [kernel.name, kernel]));
  for (const config of tf.getKernelsForBackend(BACKEND_NAME)) {
    tf.unregisterKernel(config.kernelName, BACKEND_NAME);
    register(context, guard, config, ours.get(config.kernelName));
    ours.delete(config.kernelName);
  }
  registerNew(context, guard, ours.values());
}

/** Registers kernels that tfjs has none of. */
export function registerNew(
  context: KernelContext,
  guard: MemoryGuard,
  kernels: Iterable<KernelDefinition>,
): void {
  for (const kernel of kernels) {
    const absent = { kernelName: kernel.name, backendName: BACKEND_NAME, kernelFunc: missing };
    register(context, guard, absent, kernel);
  }
}

function register(
  context: KernelContext,
  guard: MemoryGuard,
  stock: tf.KernelConfig,
  kernel: KernelDefinition | undefined,
): void {
  tf.registerKernel({
    ...stock,
    kernelFunc: (parameters) =>
      guard.during(stock.kernelName, parameters.inputs, () => {
        const stockKernel = ({ inputs, attrs }: KernelCall) =>
          stock.kernelFunc({ inputs, attrs: attrs as tf.NamedAttrMap, backend: parameters.backend });
        const computed =
          kernel &&
          context.calling(() => kernel.compute(context, parameters as unknown as KernelCall, stockKernel));
        return computed ?? stock.kernelFunc(parameters);
      }),
  });
}

function missing(): never {
  throw new ZooError(
    'unsupported',
    'The wasm engine has this kernel for float32 tensors, channels last, only.',
  );
}
