import { memoize } from '@zoo/core';

const PAGE_BYTES = 65_536;

const memories = memoize(() => new WeakMap<ArrayBufferLike, WebAssembly.Memory>());

/** Says that a buffer is that of `memory`, in which kernels can then write; it stays so when the memory grows. */
export function keepMemory(buffer: ArrayBufferLike, memory: WebAssembly.Memory): void {
  memories().set(buffer, memory);
}

/** Memory for `byteLength` bytes that threads share and kernels can write in; without kernels where no such memory is to be had. */
export function sharedMemory(byteLength: number): SharedArrayBuffer {
  const pages = Math.ceil(byteLength / PAGE_BYTES);
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const buffer = memory.buffer as unknown as SharedArrayBuffer;
    keepMemory(buffer, memory);
    return buffer;
  } catch {
    // More than four gigabytes, or a limit on addresses, of which a memory takes some gigabytes however small it is.
    return new SharedArrayBuffer(byteLength);
  }
}

/** The memory that a batch lies in, if kernels can write there. */
export function memoryOf(buffer: ArrayBufferLike): WebAssembly.Memory | undefined {
  return memories().get(buffer);
}
