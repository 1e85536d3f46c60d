/// <reference types="@webgpu/types" />

import type { BufferManager } from './stock-backend';

/** Sizes are rounded up to what a vec4 of a shader needs. */
const GRANULE_BYTES = 16;

interface BufferState {
  readonly key: string;
  /** The submission (counted from 0) whose commands used the buffer last; the present one is not yet on its way. */
  lastSubmission: number;
}

/** What a pool tells of itself. */
export interface BufferCounts {
  /** Buffers ever created. */
  created: number;
  /** Buffers that tensors and commands hold. */
  used: number;
  /** Buffers that wait to be used again. */
  free: number;
  usedBytes: number;
  /** Bytes of used and free buffers. */
  allocatedBytes: number;
}

/**
 * Buffers by size and usage, used again as soon as they are released.
 *
 * Commands run in the order they were recorded, so a buffer that commands yet to be submitted read may be the next command's
 * output. What is written from the host goes ahead of such commands and needs a buffer that they do not touch: a settled one.
 */
export class BufferPool implements BufferManager {
  /** Number of the submission that is being recorded. */
  submission = 0;
  readonly counts: BufferCounts = { created: 0, used: 0, free: 0, usedBytes: 0, allocatedBytes: 0 };
  private readonly free = new Map<string, GPUBuffer[]>();
  private readonly states = new Map<GPUBuffer, BufferState>();

  /** @param create Makes a buffer; throws where there is no more memory. */
  constructor(private readonly create: (sizeBytes: number, usage: number) => GPUBuffer) {}

  get numBytesUsed(): number {
    return this.counts.usedBytes;
  }

  get numBytesAllocated(): number {
    return this.counts.allocatedBytes;
  }

  /**
   * A buffer of at least `sizeBytes`, with unset values.
   *
   * @param isSettled True if no command that is yet to be submitted may use it, since the host writes it at once.
   */
  acquireBuffer(sizeBytes: number, usage: number, isSettled = false): GPUBuffer {
    const roundedBytes = Math.max(GRANULE_BYTES, Math.ceil(sizeBytes / GRANULE_BYTES) * GRANULE_BYTES);
    const key = `${roundedBytes}_${usage}`;
    const buffer = this.takeFree(key, isSettled) ?? this.createBuffer(key, roundedBytes, usage);
    this.counts.used += 1;
    this.counts.usedBytes += buffer.size;
    return buffer;
  }

  releaseBuffer(buffer: GPUBuffer): void {
    const state = this.states.get(buffer);
    // A buffer of an application that started the backend itself.
    if (state === undefined) {
      buffer.destroy();
      return;
    }
    this.counts.used -= 1;
    this.counts.usedBytes -= buffer.size;
    this.counts.free += 1;
    const buffers = this.free.get(state.key);
    if (buffers === undefined) this.free.set(state.key, [buffer]);
    else buffers.push(buffer);
  }

  /** Notes that a command of the submission that is being recorded uses the buffer. */
  touch(buffer: GPUBuffer): void {
    const state = this.states.get(buffer);
    if (state !== undefined) state.lastSubmission = this.submission;
  }

  /** Destroys the buffers that wait; their memory is free when the commands that use them are done. */
  trim(): void {
    for (const buffers of this.free.values()) buffers.forEach((buffer) => this.destroy(buffer));
    this.free.clear();
    this.counts.free = 0;
  }

  dispose(): void {
    for (const buffer of [...this.states.keys()]) this.destroy(buffer);
    this.free.clear();
    Object.assign(this.counts, { used: 0, free: 0, usedBytes: 0 });
  }

  private takeFree(key: string, isSettled: boolean): GPUBuffer | undefined {
    const buffers = this.free.get(key);
    if (buffers === undefined || buffers.length === 0) return undefined;
    // The last released is the likeliest to be in the card's cache; the first released the likeliest to be settled.
    const index = isSettled
      ? buffers.findIndex((buffer) => this.states.get(buffer)!.lastSubmission < this.submission)
      : buffers.length - 1;
    if (index < 0) return undefined;
    const [buffer] = buffers.splice(index, 1);
    this.counts.free -= 1;
    return buffer;
  }

  private createBuffer(key: string, sizeBytes: number, usage: number): GPUBuffer {
    const buffer = this.create(sizeBytes, usage);
    this.states.set(buffer, { key, lastSubmission: -1 });
    this.counts.created += 1;
    this.counts.allocatedBytes += sizeBytes;
    return buffer;
  }

  private destroy(buffer: GPUBuffer): void {
    this.states.delete(buffer);
    this.counts.allocatedBytes -= buffer.size;
    buffer.destroy();
  }
}
