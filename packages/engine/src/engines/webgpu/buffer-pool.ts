/// <reference types="@webgpu/types" />

import type { BufferManager } from './stock-backend';

/** Sizes are rounded up to what a vec4 of a shader needs. */
const GRANULE_BYTES = 16;

/** The stem's 7 x 7 is the largest in use. */
const LARGEST_FILTER_SIDE = 7;

interface BufferState {
  /** Counted from 0 as buffers are created. */
  readonly id: number;
  readonly key: string;
  /** The submission (counted from 0) whose commands used the buffer last; the present one is not yet on its way. */
  lastSubmission: number;
  /** The shape of the tensor that holds it, if one does. */
  shape: readonly number[] | undefined;
  /** The card had no memory for it. */
  isInvalid: boolean;
}

/** What {@link BufferPool.acquireBuffer} is to look to. */
export interface AcquireOptions {
  /** True if no command that is yet to be submitted may use the buffer, since the host writes it at once. */
  readonly isSettled?: boolean;
  /** The shape of the tensor that it is for. */
  readonly shape?: readonly number[];
}

/** A convolution's filter [h, w, C, D] has four dimensions too, and small equal sides. */
function looksLikeFilter([height, width]: readonly number[]): boolean {
  return height === width && height! <= LARGEST_FILTER_SIDE;
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
   * @throws ZooError 'out-of-memory' where it would go beyond a limit that is known beforehand.
   */
  acquireBuffer(
    sizeBytes: number,
    usage: number,
    { isSettled = false, shape }: AcquireOptions = {},
  ): GPUBuffer {
    const roundedBytes = Math.max(GRANULE_BYTES, Math.ceil(sizeBytes / GRANULE_BYTES) * GRANULE_BYTES);
    const key = `${roundedBytes}_${usage}`;
    const buffer = this.takeFree(key, isSettled) ?? this.createBuffer(key, roundedBytes, usage);
    this.states.get(buffer)!.shape = shape;
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
    state.shape = undefined;
    this.counts.used -= 1;
    this.counts.usedBytes -= buffer.size;
    if (state.isInvalid) {
      this.destroy(buffer);
      return;
    }
    this.counts.free += 1;
    const buffers = this.free.get(state.key);
    if (buffers === undefined) this.free.set(state.key, [buffer]);
    else buffers.splice(this.placeOf(state.id, buffers), 0, buffer);
  }

  /** Notes that a command of the submission that is being recorded uses the buffer. */
  touch(buffer: GPUBuffer): void {
    const state = this.states.get(buffer);
    if (state !== undefined) state.lastSubmission = this.submission;
  }

  /** A number that no other buffer has or will have; undefined for a buffer that is not the pool's. */
  idOf(buffer: GPUBuffer): number | undefined {
    return this.states.get(buffer)?.id;
  }

  /** Notes that the card had no memory for the buffer: it is not used again. */
  invalidate(buffer: GPUBuffer): void {
    const state = this.states.get(buffer);
    if (state !== undefined) state.isInvalid = true;
  }

  /** The batch size of most of the memory: the first dimension of most bytes of tensors [N, H, W, C]. */
  batchSize(): number | undefined {
    const bytesBySize = new Map<number, number>();
    for (const [buffer, { shape }] of this.states) {
      if (shape?.length === 4 && !looksLikeFilter(shape))
        bytesBySize.set(shape[0]!, (bytesBySize.get(shape[0]!) ?? 0) + buffer.size);
    }
    return [...bytesBySize].sort(([, left], [, right]) => right - left)[0]?.[0];
  }

  /** Destroys the buffers that wait and that no command yet to be submitted uses. */
  trim(): void {
    for (const [key, buffers] of this.free) {
      const isBusy = (buffer: GPUBuffer): boolean =>
        this.states.get(buffer)!.lastSubmission >= this.submission;
      const busy = buffers.filter(isBusy);
      this.counts.free -= buffers.length - busy.length;
      this.free.set(key, busy);
      for (const buffer of buffers) if (!isBusy(buffer)) this.destroy(buffer);
    }
  }

  dispose(): void {
    for (const buffer of [...this.states.keys()]) this.destroy(buffer);
    this.free.clear();
    Object.assign(this.counts, { used: 0, free: 0, usedBytes: 0 });
  }

  private takeFree(key: string, isSettled: boolean): GPUBuffer | undefined {
    const buffers = this.free.get(key);
    if (buffers === undefined || buffers.length === 0) return undefined;
    // The eldest first, so that every step takes the same buffers for the same tensors.
    const index = isSettled
      ? buffers.findIndex((buffer) => this.states.get(buffer)!.lastSubmission < this.submission)
      : 0;
    if (index < 0) return undefined;
    const [buffer] = buffers.splice(index, 1);
    this.counts.free -= 1;
    return buffer;
  }

  /** Where a buffer goes in a list that is in order of age. */
  private placeOf(id: number, buffers: readonly GPUBuffer[]): number {
    let place = buffers.length;
    while (place > 0 && this.states.get(buffers[place - 1]!)!.id > id) place -= 1;
    return place;
  }

  private createBuffer(key: string, sizeBytes: number, usage: number): GPUBuffer {
    const buffer = this.create(sizeBytes, usage);
    this.states.set(buffer, {
      id: this.counts.created,
      key,
      lastSubmission: -1,
      shape: undefined,
      isInvalid: false,
    });
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
