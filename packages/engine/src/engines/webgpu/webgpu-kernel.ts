import type * as tf from '@tensorflow/tfjs-core';
import type { FusedKernelName } from '@zoo/core';

import { fusedKernelOf, type FusedCompute, type KernelCall } from '../../kernels/kernel-call';

import type { WebgpuContext } from './webgpu-context';

/** True if the zoo's kernels take the tensor: float32, with at least one value. */
export function isFloats({ dtype, shape }: tf.TensorInfo): boolean {
  return dtype === 'float32' && !shape.includes(0);
}

/** A kernel of the zoo for TensorFlow.js' WebGPU backend. */
export interface WebgpuKernel {
  /** The name under which TensorFlow.js looks it up. */
  readonly name: string;
  /**
   * Computes the outputs; undefined leaves the call to TensorFlow.js' own kernel of this name, for forms that ours does not have.
   */
  compute(context: WebgpuContext, call: KernelCall): tf.TensorInfo | tf.TensorInfo[] | undefined;
}

/** A kernel of core's contract: the compiler holds `compute` to its inputs, attributes and outputs. */
export function fusedKernel<Name extends FusedKernelName>(
  name: Name,
  compute: FusedCompute<Name, WebgpuContext>,
): WebgpuKernel {
  return fusedKernelOf(name, compute);
}
