import * as tf from '@tensorflow/tfjs-core';

/** What the engine's table of buffers takes of one. */
interface BufferInfo {
  readonly bytes: number;
}

/**
 * The most bytes that buffers of tensors held at once while `run` ran, beyond those that were there before.
 *
 * tfjs counts a buffer once for each tensor that lies on it, and keeps no peak; so its table of buffers is watched.
 */
export async function peakBytes(run: () => Promise<unknown>): Promise<number> {
  const table = tf.engine().state.tensorInfo as WeakMap<tf.DataId, BufferInfo>;
  const sizes = new Map<tf.DataId, number>();
  let bytes = 0;
  let peak = 0;
  const set = (id: tf.DataId, info: BufferInfo): typeof table => {
    sizes.set(id, info.bytes);
    bytes += info.bytes;
    peak = Math.max(peak, bytes);
    return WeakMap.prototype.set.call(table, id, info) as typeof table;
  };
  const remove = (id: tf.DataId): boolean => {
    bytes -= sizes.get(id) ?? 0;
    sizes.delete(id);
    return WeakMap.prototype.delete.call(table, id);
  };
  Object.assign(table, { set, delete: remove });
  try {
    await run();
    return peak;
  } finally {
    // Removes the overrides, so that the prototype's methods apply again.
    Reflect.deleteProperty(table, 'set');
    Reflect.deleteProperty(table, 'delete');
  }
}
