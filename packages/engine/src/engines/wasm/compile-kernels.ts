import { inflateBase64 } from '@zoo/core';

const UNSHARED_MEMORY_FLAG = 1;

/** A module of one function, `i8x16.relaxed_swizzle` of two constants. */
const RELAXED_SIMD_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0],
  ...[65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11],
);

/** Our kernels, ready to run. */
export interface KernelModule {
  readonly module: WebAssembly.Module;
  /** True where the runtime has relaxed SIMD: a multiplication and an addition in one instruction. */
  readonly hasFusedMultiplyAdd: boolean;
}

/**
 * The kernels with fused multiply-add where the runtime has relaxed SIMD, without elsewhere; a page loads those that run in it.
 *
 * @param shared True for a memory that threads share.
 */
export async function compileKernels(shared: boolean): Promise<KernelModule> {
  const hasFusedMultiplyAdd = WebAssembly.validate(RELAXED_SIMD_PROBE);
  const { kernels, sharedMemoryFlagOffset } = await (hasFusedMultiplyAdd
    ? import('./generated/relaxed-kernels')
    : import('./generated/kernels'));
  const binary = await inflateBase64(kernels);
  if (!shared) binary[sharedMemoryFlagOffset] = UNSHARED_MEMORY_FLAG;
  return { module: await WebAssembly.compile(binary), hasFusedMultiplyAdd };
}
