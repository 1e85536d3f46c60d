import * as tf from '@tensorflow/tfjs';

import type { FusedKernelName } from './fused-kernels';

/** True if the current backend has the fused kernel `name`. */
export function hasFusedKernel(name: FusedKernelName): boolean {
  // The declared type says never undefined; at run time an unregistered kernel is.
  return (tf.getKernel(name, tf.getBackend()) as tf.KernelConfig | undefined) !== undefined;
}

/** What a fused kernel takes beside tensors. */
export type FusedKernelAttribute = number | string | readonly number[] | readonly (readonly number[])[];

/** Runs a fused kernel of the current backend: its outputs, in the order that `FUSED_KERNELS` documents. */
export function runFusedKernel(
  name: FusedKernelName,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: Readonly<Record<string, FusedKernelAttribute>> = {},
): tf.Tensor[] {
  const outputs = tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(name, { ...inputs }, attributes);
  return Array.isArray(outputs) ? outputs : [outputs];
}
