import type { FusedKernelName } from '@zoo/core';

import { fusedKernelOf, inputsOf, type FusedCompute, type KernelCall } from '../../../kernels/kernel-call';
import type { KernelContext, TensorInfo } from '../kernel-context';

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

/** A kernel that makes `y` of an `x` of the same shape, of float32 alone: `write` fills it. */
export function eachFloat(
  name: string,
  write: (context: KernelContext, x: TensorInfo, y: TensorInfo, attrs: unknown) => void,
): KernelDefinition {
  return {
    name,
    compute(context, call) {
      const { x } = inputsOf<'x'>(call);
      if (x.dtype !== 'float32') return undefined;
      const y = context.output(x.shape);
      write(context, x, y, call.attrs);
      return y;
    },
  };
}

/** A kernel of core's contract: the compiler holds `compute` to its inputs, attributes and outputs. */
export function fusedKernel<Name extends FusedKernelName>(
  name: Name,
  compute: FusedCompute<Name, KernelContext>,
): KernelDefinition {
  return fusedKernelOf(name, compute);
}
