import * as tf from '@tensorflow/tfjs-core';
import { heapBackend, isSharedMemory, memoize, tensorOfValues, type HeapBackend } from '@zoo/core';

import { keepMemory, sharedMemory } from './batch-memory';

/** Room for the values of a batch's pictures; what it holds is any batch's, to be written over. */
export type TakeValues = (length: number) => Float32Array;

/** Values in a backend's memory that are no tensor yet. */
interface HeldData {
  readonly values: Float32Array;
  readonly info: tf.TensorInfo;
  readonly backend: unknown;
  readonly free: () => void;
}

/** Arrays in a backend's memory, which a tensor may have taken over. */
const fromHeap = memoize(() => new WeakSet<Float32Array>());

/** Frees data whose array nobody has any more. */
const abandoned = memoize(() => new FinalizationRegistry<() => void>((free) => free()));

/** A backend's Emscripten module, which has its memory where threads share it. */
interface EmscriptenBackend {
  readonly wasm: { readonly wasmMemory?: WebAssembly.Memory };
}

/** Where batches lie while they are made and wait. */
export interface BatchRoom {
  readonly take: TakeValues;
  /** The tensor of values, of an array that was taken or of another. The caller's. */
  toTensor(values: Float32Array, shape: [number, number, number, number]): tf.Tensor4D;
  /** Called when nothing reads or writes an array any more that was taken. */
  giveBack(values: Float32Array): void;
  /** Frees what is taken still; nothing may write there any more. */
  end(): void;
}

/**
 * Room in the backend's own memory, if other threads can write there as well: such a batch becomes a tensor without a copy.
 *
 * Else arrays, of which one is used again where it has been copied, by the backend or because it is shared with other threads: 19 MB of
 * fresh memory each, at 224 pixels, take longer to come by than to fill.
 *
 * @param isShared True if other threads write into batches.
 */
export function batchRoom(isShared: boolean): BatchRoom {
  const free: Float32Array[] = [];
  const held = new Map<Float32Array, HeldData>();
  const release = (values: Float32Array): HeldData | undefined => {
    const data = held.get(values);
    held.delete(values);
    abandoned().unregister(values);
    return data;
  };
  return {
    take: (length) => {
      const data = takeFromHeap(length);
      if (data !== undefined) {
        held.set(data.values, data);
        // A consumer that abandons an epoch gives no notice.
        abandoned().register(data.values, data.free, data.values);
        return data.values;
      }
      const index = free.findIndex((values) => values.length === length);
      if (index !== -1) return free.splice(index, 1)[0]!;
      return isShared ? new Float32Array(sharedMemory(4 * length), 0, length) : new Float32Array(length);
    },
    toTensor: (values, shape) => {
      if (held.get(values)?.backend === tf.backend()) {
        const { info } = release(values)!;
        return tf.engine().makeTensorFromTensorInfo({ ...info, shape }) as tf.Tensor4D;
      }
      return tensorOfValues(values, shape) as tf.Tensor4D;
    },
    giveBack: (values) => {
      const data = release(values);
      if (data !== undefined) data.free();
      else if (!fromHeap().has(values) && (isSharedMemory(values) || heapBackend() !== undefined))
        free.push(values);
    },
    end: () => {
      for (const values of [...held.keys()]) release(values)!.free();
    },
  };
}

/** Values in the current backend's memory; undefined where it has none, no other thread can write there, or it is full. */
function takeFromHeap(length: number): HeldData | undefined {
  const backend = heapBackend();
  if (backend === undefined || length === 0) return undefined;
  let info: tf.TensorInfo;
  try {
    info = backend.makeOutput([length], 'float32');
  } catch {
    // Main memory may still have room, and the step that follows says what it lacks.
    return undefined;
  }
  const free = () => {
    backend.disposeData(info.dataId);
  };
  const values = backend.typedArrayFromHeap(info);
  // Memory of one thread moves when it grows, and leaves its arrays behind.
  if (!isSharedMemory(values)) {
    free();
    return undefined;
  }
  const { wasmMemory } = (backend as HeapBackend & EmscriptenBackend).wasm;
  if (wasmMemory !== undefined) keepMemory(values.buffer, wasmMemory);
  fromHeap().add(values);
  return { values, info, backend, free };
}
