import type * as tf from '@tensorflow/tfjs';

import type { WebgpuContext } from './webgpu-context';

/** What TensorFlow.js hands a kernel. */
export interface KernelCall {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  /** TensorFlow.js documents their type for each kernel. */
  readonly attrs: unknown;
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
