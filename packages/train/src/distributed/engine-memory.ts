import * as tf from '@tensorflow/tfjs-core';

/** What is used of tfjs-backend-wasm beyond its type. */
interface HeapBackend {
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array;
}

/** The wasm backend, if it is the current one: its tensors lie in memory that this thread reads and writes. */
function heapBackend(): HeapBackend | undefined {
  return tf.getBackend() === 'wasm' ? (tf.backend() as unknown as HeapBackend) : undefined;
}

/**
 * A tensor's values, to be read before the next operation: on wasm where they lie, else a copy.
 *
 * To copy all gradients at every step is work for the garbage collector, whose threads take the cores of the ranks beside.
 */
export function valuesNow(tensor: tf.Tensor): Float32Array {
  return heapBackend()?.typedArrayFromHeap(tensor) ?? tensor.dataSync<'float32'>();
}

/** A tensor of values in shared memory. */
export function tensorOfShared(values: Float32Array, shape: number[]): tf.Tensor {
  // Other engines keep the array that they are given, and none of them takes shared memory; wasm copies it.
  return tf.tensor(heapBackend() === undefined ? new Float32Array(values) : values, shape);
}
