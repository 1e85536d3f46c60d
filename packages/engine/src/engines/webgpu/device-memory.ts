/// <reference types="@webgpu/types" />

import { ZooError } from '@zoo/core';

import { batchSizeAdvice, megabytes } from '../../kernels/memory-advice';

import { BufferPool } from './buffer-pool';

/** Where {@link createDeviceMemory} reports what the card tells only later. */
type OnFailure = (error: ZooError) => void;

/**
 * The pool of a device's buffers, with an error that names the need and a smaller batch where memory does not last: at once beyond
 * `limitBytes` or the card's largest buffer, and when the card tells, which is some commands later, where it runs out.
 */
export function createDeviceMemory(
  device: GPUDevice,
  limitBytes: number | undefined,
  onFailure: OnFailure,
): BufferPool {
  const largestBytes = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
  const pool: BufferPool = new BufferPool((size, usage) => {
    if (size > largestBytes) {
      throw outOfMemory(pool, size, `a buffer holds ${megabytes(largestBytes)} at most on this card`);
    }
    if (limitBytes !== undefined && pool.counts.allocatedBytes + size > limitBytes) {
      pool.trim();
      if (pool.counts.allocatedBytes + size > limitBytes) {
        throw outOfMemory(pool, size, `${inUse(pool)} of ${megabytes(limitBytes)} are in use`);
      }
    }
    device.pushErrorScope('out-of-memory');
    const buffer = device.createBuffer({ size, usage });
    void device.popErrorScope().then(
      (error) => {
        if (error === null) return;
        pool.invalidate(buffer);
        pool.trim();
        onFailure(outOfMemory(pool, size, `${inUse(pool)} of the card's memory are in use`));
      },
      // The device is lost; another place reports that.
      () => undefined,
    );
    return buffer;
  });
  return pool;
}

function inUse(pool: BufferPool): string {
  return megabytes(pool.counts.usedBytes);
}

function outOfMemory(pool: BufferPool, neededBytes: number, why: string): ZooError {
  return new ZooError(
    'out-of-memory',
    `A tensor needs ${megabytes(neededBytes)} more on the webgpu engine, where ${why}. ${batchSizeAdvice(pool.batchSize())}`,
  );
}
