import type * as tf from '@tensorflow/tfjs-core';
import type { FusedKernelName } from '@zoo/core';

import type { FusedCompute } from '../../../kernels/kernel-call';
import type { TensorFlowBackend } from '../tensorflow-backend';

/** Inputs of a kernel by their names. */
export type KernelInputs = Readonly<Record<string, tf.Tensor>>;

/** Attributes of a kernel by their names. */
export type KernelAttributes = Readonly<Record<string, unknown>>;

/** What a kernel returns. */
export type KernelOutputs = tf.TensorInfo | tf.TensorInfo[];

/** A kernel for TensorFlow.js' tensorflow backend. */
export interface TensorFlowKernel {
  readonly kernelName: string;
  /** Computes; `stock` is the kernel that tfjs-node itself has under this name. */
  readonly run: (
    backend: TensorFlowBackend,
    inputs: KernelInputs,
    attributes: KernelAttributes,
    stock: (inputs: KernelInputs, attributes: KernelAttributes) => KernelOutputs,
  ) => KernelOutputs;
}

/** A kernel of core's contract: the compiler holds `run` to its inputs, attributes and outputs. */
export function fusedKernel<Name extends FusedKernelName>(
  kernelName: Name,
  run: FusedCompute<Name, TensorFlowBackend>,
): TensorFlowKernel {
  return {
    kernelName,
    // TensorFlow.js passes this on without a type.
    run: (backend, inputs, attributes) => run(backend, inputs as never, attributes as never),
  };
}
