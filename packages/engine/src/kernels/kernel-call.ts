import type * as tf from '@tensorflow/tfjs-core';
import type { FusedKernel, FusedKernelName } from '@zoo/core';

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

/** How an engine with `Context` computes a kernel of core's contract. */
export type FusedCompute<Name extends FusedKernelName, Context> = (
  context: Context,
  inputs: FusedKernel<Name>['inputs'],
  attributes: FusedKernel<Name>['attributes'],
) => FusedKernel<Name>['outputs'];

/** `compute` as TensorFlow.js calls it; what that hands on has no type of its own. */
export function fusedKernelOf<Name extends FusedKernelName, Context>(
  name: Name,
  compute: FusedCompute<Name, Context>,
): { name: Name; compute: (context: Context, call: KernelCall) => FusedKernel<Name>['outputs'] } {
  return { name, compute: (context, { inputs, attrs }) => compute(context, inputs as never, attrs as never) };
}
