import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';

import { fixMatrixProducts } from '../../kernels/broadcast-batches';
import type { KernelCall } from '../../kernels/kernel-call';
import { registerGradients } from '../../kernels/register-gradients';

import { WEBGPU_KERNELS } from './kernels';
import type { WebgpuContext } from './webgpu-context';
import type { WebgpuKernel } from './webgpu-kernel';

const BACKEND_NAME = 'webgpu';

/** TensorFlow.js' own kernels that ours stand before, to be put back when the engine is disposed. */
const replaced = new Map<string, tf.KernelConfig | undefined>();

/** Puts the zoo's kernels in the place of TensorFlow.js'; what a kernel of ours leaves alone goes to the one it replaced. */
export function registerWebgpuKernels(context: WebgpuContext): void {
  unregisterWebgpuKernels();
  registerGradients();
  fixMatrixProducts(BACKEND_NAME);
  for (const kernel of WEBGPU_KERNELS) {
    // The declared type excludes undefined, but an unregistered kernel is undefined at run time.
    const stock = tf.getKernel(kernel.name, BACKEND_NAME) as tf.KernelConfig | undefined;
    replaced.set(kernel.name, stock);
    if (stock !== undefined) tf.unregisterKernel(kernel.name, BACKEND_NAME);
    tf.registerKernel(ourConfig(context, kernel, stock));
  }
}

/** Puts TensorFlow.js' own kernels back. */
export function unregisterWebgpuKernels(): void {
  for (const [name, stock] of replaced) {
    tf.unregisterKernel(name, BACKEND_NAME);
    if (stock !== undefined) tf.registerKernel(stock);
  }
  replaced.clear();
}

function ourConfig(
  context: WebgpuContext,
  kernel: WebgpuKernel,
  stock: tf.KernelConfig | undefined,
): tf.KernelConfig {
  return {
    ...stock,
    kernelName: kernel.name,
    backendName: BACKEND_NAME,
    kernelFunc: (parameters) =>
      context.calling(() => kernel.compute(context, callOf(parameters))) ??
      (stock?.kernelFunc ?? missing)(parameters),
  };
}

/** The call with its tensors as they are now: a variable gets other data when it is assigned to, and a pass may wait longer. */
function callOf({ inputs, attrs }: { inputs: tf.NamedTensorInfoMap; attrs?: unknown }): KernelCall {
  const now: Record<string, tf.TensorInfo> = {};
  for (const [name, tensor] of Object.entries(inputs)) {
    // An optional input may be undefined or null, although its type excludes both.
    const given = tensor as tf.TensorInfo | null | undefined;
    if (given) now[name] = { dataId: given.dataId, shape: given.shape, dtype: given.dtype };
  }
  return { inputs: now, attrs };
}

function missing(): never {
  throw new ZooError(
    'unsupported',
    'The webgpu engine has this kernel for float32 tensors, channels last, only.',
  );
}
