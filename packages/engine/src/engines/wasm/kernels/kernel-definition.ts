import type { FusedKernel, FusedKernelName } from '@zoo/core';

import type { KernelContext, TensorInfo } from '../kernel-context';

/** What tfjs hands a kernel. */
export interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  /** tfjs documents their type for each kernel. */
  readonly attrs: unknown;
}

/** A kernel of ours for tfjs's wasm backend. */
export interface KernelDefinition {
  /** The name under which tfjs looks it up. */
  readonly name: string;
  /**
   * Computes the outputs; undefined leaves the call to tfjs's own kernel of this name, for forms that ours does not have.
   *
   * @param stock tfjs's own kernel of this name.
   */
  compute(
    context: KernelContext,
    call: KernelCall,
    stock: (call: KernelCall) => TensorInfo | TensorInfo[],
  ): TensorInfo | TensorInfo[] | undefined;
}

/** The inputs of a call as the type that tfjs documents for the kernel. */
export function inputsOf<Name extends string>(call: KernelCall): Record<Name, TensorInfo> {
  return call.inputs as Record<Name, TensorInfo>;
}

/** A kernel of core's contract: the compiler holds `compute` to its inputs, attributes and outputs. */
export function fusedKernel<Name extends FusedKernelName>(
  name: Name,
  compute: (
    context: KernelContext,
    inputs: FusedKernel<Name>['inputs'],
    attributes: FusedKernel<Name>['attributes'],
  ) => FusedKernel<Name>['outputs'],
): KernelDefinition {
  return {
    name,
    compute: (context, { inputs, attrs }) =>
      compute(context, inputs as FusedKernel<Name>['inputs'], attrs as FusedKernel<Name>['attributes']),
  };
}
