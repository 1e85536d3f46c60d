import type * as tf from '@tensorflow/tfjs-core';
import type { FusedKernel, FusedKernelName } from '@zoo/core';

import type { WebgpuContext } from './webgpu-context';

/** What TensorFlow.js hands a kernel. */
export interface KernelCall {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  /** TensorFlow.js documents their type for each kernel. */
  readonly attrs: unknown;
}

/** The inputs of a call as the type that TensorFlow.js documents for the kernel. */
export function inputsOf<Name extends string>(call: KernelCall): Record<Name, tf.TensorInfo> {
  return call.inputs as Record<Name, tf.TensorInfo>;
}

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
  compute: (
    context: WebgpuContext,
    inputs: FusedKernel<Name>['inputs'],
    attributes: FusedKernel<Name>['attributes'],
  ) => FusedKernel<Name>['outputs'],
): WebgpuKernel {
  return {
    name,
    compute: (context, { inputs, attrs }) =>
      compute(context, inputs as FusedKernel<Name>['inputs'], attrs as FusedKernel<Name>['attributes']),
  };
}
