import type * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

import type { TfjsWasmModule } from './tfjs-backend';
import type { ThreadPool } from './thread-pool';

/** A tensor as kernels see it: data without history. */
export type TensorInfo = tf.TensorInfo;

/** What a kernel works with: tfjs's backend, addresses in its memory, and the threads. */
export class KernelContext {
  constructor(
    readonly backend: BackendWasm,
    readonly pool: ThreadPool,
  ) {}

  /** Address of a tensor's first value. */
  addressOf(tensor: TensorInfo): number {
    return this.backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  /** A new tensor with unset values. */
  output(shape: readonly number[]): TensorInfo {
    return this.backend.makeOutput([...shape], 'float32');
  }

  /** Calls `use` with the address of `sizeBytes` unset bytes, which are free again when it returns. */
  withBuffer<Result>(sizeBytes: number, use: (address: number) => Result): Result {
    const module = this.backend.wasm as unknown as TfjsWasmModule;
    const address = module._malloc(sizeBytes) >>> 0;
    try {
      return use(address);
    } finally {
      module._free(address);
    }
  }

  /** Calls `use` with the address of `values`, stored as 32-bit integers while it runs. */
  withIntegers<Result>(values: readonly number[], use: (address: number) => Result): Result {
    return this.withBuffer(values.length * 4, (address) => {
      new Int32Array(
        (this.backend.wasm as unknown as TfjsWasmModule).HEAPU8.buffer,
        address,
        values.length,
      ).set(values);
      return use(address);
    });
  }
}
