import type * as tf from '@tensorflow/tfjs';

import type { TensorFlowBackend } from '../tensorflow-backend';

/** A kernel for tfjs-node's backend. */
export interface TensorFlowKernel {
  readonly kernelName: string;
  run(
    backend: TensorFlowBackend,
    inputs: Readonly<Record<string, tf.TensorInfo>>,
    attributes: Readonly<Record<string, unknown>>,
  ): tf.TensorInfo | tf.TensorInfo[];
}
