import * as tf from '@tensorflow/tfjs-core';

/** What tfjs-backend-wasm has beyond its type: its tensors lie in a WebAssembly memory. */
export interface HeapBackend {
  makeOutput(shape: number[], dtype: 'float32'): tf.TensorInfo;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array;
  disposeData(dataId: tf.DataId): boolean;
}

/** The wasm backend, if it is the current one: tensors can be read where they lie, and an array becomes a tensor by a copy. */
export function heapBackend(): HeapBackend | undefined {
  return tf.getBackend() === 'wasm' ? (tf.backend() as unknown as HeapBackend) : undefined;
}

/** True if other threads may have an array's memory. */
export function isSharedMemory({ buffer }: Float32Array): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
}

/** A tensor of values that may lie in shared memory: backends that keep an array, or hand it to a driver, get a copy of such. */
export function tensorOfValues(values: Float32Array, shape: number[]): tf.Tensor {
  const isOwn = !isSharedMemory(values) || heapBackend() !== undefined;
  return tf.tensor(isOwn ? values : values.slice(), shape);
}
