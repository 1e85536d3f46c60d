import * as tf from '@tensorflow/tfjs';

import type { KernelContext } from './kernel-context';
import { conv2d, fusedConv2d } from './kernels/convolution';
import { conv2dBackpropFilter, conv2dBackpropInput } from './kernels/convolution-gradients';
import { add, relu, reluGradient } from './kernels/elementwise';
import type { KernelCall, KernelDefinition } from './kernels/kernel-definition';
import { batchMatMul, fusedMatMul } from './kernels/mat-mul';

const BACKEND_NAME = 'wasm';

const KERNELS: readonly KernelDefinition[] = [
  conv2d,
  fusedConv2d,
  conv2dBackpropInput,
  conv2dBackpropFilter,
  batchMatMul,
  fusedMatMul,
  add,
  relu,
  reluGradient,
];

/** Puts our kernels in the place of tfjs's; what a kernel of ours leaves alone goes to the one it replaced. */
export function registerKernels(context: KernelContext): void {
  for (const kernel of KERNELS) {
    // tfjs declares the result as always there; it is undefined for a kernel that it does not have.
    const stock = (tf.getKernel(kernel.name, BACKEND_NAME) as tf.KernelConfig | undefined)?.kernelFunc;
    if (stock !== undefined) tf.unregisterKernel(kernel.name, BACKEND_NAME);
    tf.registerKernel({
      kernelName: kernel.name,
      backendName: BACKEND_NAME,
      kernelFunc: (parameters) => {
        const computed = kernel.compute(context, parameters as unknown as KernelCall);
        if (computed !== undefined) return computed;
        if (stock === undefined)
          throw new Error(`The kernel ${kernel.name} does not exist on wasm in this form.`);
        return stock(parameters);
      },
    });
  }
}
