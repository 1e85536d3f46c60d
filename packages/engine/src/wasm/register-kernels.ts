import * as tf from '@tensorflow/tfjs';
import { ZooError } from '@zoo/core';

import type { KernelContext } from './kernel-context';
import { batchNorm, batchNormGradient, fusedBatchNorm } from './kernels/batch-norm';
import { conv2d, convolutionAdd, fusedConv2d } from './kernels/convolution';
import { conv2dBackpropFilter, conv2dBackpropInput } from './kernels/convolution-gradients';
import { depthwiseBackpropFilter, depthwiseBackpropInput } from './kernels/depthwise-gradients';
import { add, identity, relu, reluGradient } from './kernels/elementwise';
import type { KernelCall, KernelDefinition } from './kernels/kernel-definition';
import { batchMatMul, fusedMatMul } from './kernels/mat-mul';
import { adamWUpdate, sgdUpdate } from './kernels/optimizer-updates';
import { averagePool, averagePoolGradient, maxPool, maxPoolGradient } from './kernels/pooling';
import { mean, sum } from './kernels/reductions';
import { unsortedSegmentSum } from './kernels/segment-sum';
import { softmaxCrossEntropy } from './kernels/softmax-cross-entropy';
import type { MemoryGuard } from './memory-guard';

const BACKEND_NAME = 'wasm';

const KERNELS: readonly KernelDefinition[] = [
  conv2d,
  fusedConv2d,
  convolutionAdd,
  conv2dBackpropInput,
  conv2dBackpropFilter,
  depthwiseBackpropInput,
  depthwiseBackpropFilter,
  batchMatMul,
  fusedMatMul,
  add,
  identity,
  relu,
  reluGradient,
  batchNorm,
  batchNormGradient,
  fusedBatchNorm,
  maxPool,
  maxPoolGradient,
  averagePool,
  averagePoolGradient,
  sum,
  mean,
  unsortedSegmentSum,
  softmaxCrossEntropy,
  sgdUpdate,
  adamWUpdate,
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
  for (const kernel of ours.values()) {
    register(
      context,
      guard,
      { kernelName: kernel.name, backendName: BACKEND_NAME, kernelFunc: missing },
      kernel,
    );
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
        const computed =
          kernel && context.calling(() => kernel.compute(context, parameters as unknown as KernelCall));
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
