import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

import type { PackedWeights } from './packed-weights';
import type { TfjsWasmModule } from './tfjs-backend';
import type { ThreadPool } from './thread-pool';

/** A tensor as kernels see it: data without history. */
export type TensorInfo = tf.TensorInfo;

/** What a kernel works with: tfjs's backend, addresses in its memory, and the threads. */
export class KernelContext {
  readonly engineTitle = 'wasm';
  readonly backendName = 'wasm';
  private outputs: TensorInfo[] = [];

  constructor(
    readonly backend: BackendWasm,
    readonly pool: ThreadPool,
    readonly weights: PackedWeights,
  ) {}

  /** Address of a tensor's first value. */
  addressOf(tensor: TensorInfo): number {
    return this.backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  /** A new tensor with unset values. */
  output(shape: readonly number[]): TensorInfo {
    const tensor = this.backend.makeOutput([...shape], 'float32');
    this.outputs.push(tensor);
    return tensor;
  }

  /** Frees a tensor that the kernel made for itself. */
  release(tensor: TensorInfo): void {
    this.outputs = this.outputs.filter((output) => output !== tensor);
    this.backend.disposeData(tensor.dataId);
  }

  /**
   * A tensor with the values of one that its holder gives up: over the same data, or a copy of them if another tensor lies there
   * too, or one of `sources` does, which are still to be read.
   */
  takeOver(tensor: TensorInfo, sources: readonly TensorInfo[]): TensorInfo {
    const { dataId, shape, dtype } = tensor;
    if (this.backend.refCount(dataId) > 1 || sources.some((source) => source.dataId === dataId)) {
      const copy = this.output(shape);
      this.floatsOf(copy).set(this.floatsOf(tensor));
      return copy;
    }
    this.backend.incRef(dataId);
    this.outputs.push(tensor);
    return { dataId, shape, dtype };
  }

  /** Calls `compute`; if it throws, the outputs it has made are freed, since nobody will ever hold them. */
  calling<Result>(compute: () => Result): Result {
    // A kernel may call others.
    const outer = this.outputs;
    this.outputs = [];
    try {
      return compute();
    } catch (error) {
      for (const { dataId } of this.outputs) this.backend.disposeData(dataId);
      throw error;
    } finally {
      this.outputs = outer;
    }
  }

  /** The values of a float32 tensor, in place; valid until the next allocation. */
  floatsOf(tensor: TensorInfo): Float32Array {
    return this.floatsAt(this.addressOf(tensor), tf.util.sizeFromShape(tensor.shape));
  }

  /** The values of an int32 tensor, in place; valid until the next allocation. */
  integersOf(tensor: TensorInfo): Int32Array {
    return new Int32Array(
      this.module.HEAPU8.buffer,
      this.addressOf(tensor),
      tf.util.sizeFromShape(tensor.shape),
    );
  }

  /** `count` floats at an address, in place; valid until the next allocation. */
  floatsAt(address: number, count: number): Float32Array {
    return new Float32Array(this.module.HEAPU8.buffer, address, count);
  }

  /** Drops what has been made of a tensor's former values: our packed forms, and the operators that tfjs keeps with theirs. */
  wroteInPlace({ dataId }: TensorInfo): void {
    this.weights.forget(dataId);
    const { id, shape, memoryOffset } = this.backend.dataIdMap.get(dataId);
    // XNNPACK's depthwise convolution and PReLU pack their weights and release them when the tensor's ID is disposed.
    const { tfjs } = this.backend.wasm;
    tfjs.disposeData(id);
    tfjs.registerTensor(id, tf.util.sizeFromShape(shape), memoryOffset);
  }

  /** Calls `use` with the address of `sizeBytes` unset bytes, which are free again when it returns. */
  withBuffer<Result>(sizeBytes: number, use: (address: number) => Result): Result {
    const address = this.module._malloc(sizeBytes) >>> 0;
    try {
      return use(address);
    } finally {
      this.module._free(address);
    }
  }

  /** Calls `use` with the address of `values`, stored as 32-bit integers while it runs. */
  withIntegers<Result>(values: readonly number[], use: (address: number) => Result): Result {
    return this.withBuffer(values.length * 4, (address) => {
      new Int32Array(this.module.HEAPU8.buffer, address, values.length).set(values);
      return use(address);
    });
  }

  private get module(): TfjsWasmModule {
    return this.backend.wasm as unknown as TfjsWasmModule;
  }
}
