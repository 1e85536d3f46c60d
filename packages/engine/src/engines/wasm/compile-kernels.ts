import { KERNELS, RELAXED_KERNELS, type CompiledKernels } from './generated/kernels';

const UNSHARED_MEMORY_FLAG = 1;

/** Our kernels, ready to run. */
export interface KernelModule {
  readonly module: WebAssembly.Module;
  /** True where the runtime has relaxed SIMD: a multiplication and an addition in one instruction. */
  readonly hasFusedMultiplyAdd: boolean;
}

/**
 * The kernels with fused multiply-add where the runtime has relaxed SIMD, without elsewhere.
 *
 * @param shared True for a memory that threads share.
 */
export async function compileKernels(shared: boolean): Promise<KernelModule> {
  const relaxed = await decode(RELAXED_KERNELS, shared);
  const hasFusedMultiplyAdd = WebAssembly.validate(relaxed);
  const module = await WebAssembly.compile(hasFusedMultiplyAdd ? relaxed : await decode(KERNELS, shared));
  return { module, hasFusedMultiplyAdd };
}

async function decode(
  { base64, sharedMemoryFlagOffset }: CompiledKernels,
  shared: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  const deflated = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  if (!shared) bytes[sharedMemoryFlagOffset] = UNSHARED_MEMORY_FLAG;
  return bytes;
}
