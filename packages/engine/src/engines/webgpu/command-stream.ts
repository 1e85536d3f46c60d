/// <reference types="@webgpu/types" />

import type { ZooError } from '@zoo/core';

import { BindGroups } from './bind-groups';
import type { BufferPool } from './buffer-pool';

/** WebGPU's `GPUBufferUsage` and `GPUMapMode`, which are globals in browsers only. */
export const BUFFER_USAGE = {
  mapRead: 0x1,
  copySource: 0x4,
  copyTarget: 0x8,
  uniform: 0x40,
  storage: 0x80,
  queryResolve: 0x200,
} as const;
const MAP_READ = 1;

/** What tensors' buffers are used for. */
export const TENSOR_USAGE = BUFFER_USAGE.storage | BUFFER_USAGE.copySource | BUFFER_USAGE.copyTarget;

/** A full block of uniforms is followed by another. */
const UNIFORM_BLOCK_BYTES = 1 << 16;

/** Commands that go to the card at once; the first few go early, so that it starts while the rest is recorded. */
const COMMANDS_A_SUBMISSION = 256;

/** One compute shader to run. */
export interface Command {
  /** What a profile lists it as. */
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  /** Bound to group 0 in this order, the uniforms after them. */
  readonly resources: readonly GPUBindingResource[];
  readonly uniforms: ArrayBuffer | undefined;
  readonly workgroups: readonly [number, number, number];
  /** Floating-point operations, where they are known. */
  readonly flops?: number;
}

/** Is told of every dispatch, and of the submissions around them. */
export interface DispatchObserver {
  /** Returns where the card writes the times of the dispatch's pass, if it is to be timed. */
  observe(command: Command, boundBytes: number): GPUComputePassTimestampWrites | undefined;
  beforeSubmit(encoder: GPUCommandEncoder): void;
  afterSubmit(): void;
}

/** What a stream tells of itself. */
export interface StreamCounts {
  dispatches: number;
  submissions: number;
  /** Bytes of all buffers bound, each as often as a command binds it. */
  boundBytes: number;
  flops: number;
}

interface UniformBlock {
  readonly buffer: GPUBuffer;
  readonly bytes: Uint8Array<ArrayBuffer>;
  usedBytes: number;
}

/** The card's commands in the order they are to run: recorded, and submitted many at a time. */
export class CommandStream {
  readonly counts: StreamCounts = { dispatches: 0, submissions: 0, boundBytes: 0, flops: 0 };
  /** Is told of every dispatch, for profiles. */
  observer: DispatchObserver | undefined;
  private encoder: GPUCommandEncoder | undefined;
  private pass: GPUComputePassEncoder | undefined;
  private failure: { readonly error: ZooError; readonly isFinal: boolean } | undefined;
  private recorded = 0;
  private uniformBlocks: UniformBlock[] = [];

  private readonly bindGroups: BindGroups;
  private readonly uniformAlignment: number;

  constructor(
    readonly device: GPUDevice,
    readonly pool: BufferPool,
  ) {
    this.bindGroups = new BindGroups(device, pool);
    this.uniformAlignment = device.limits.minUniformBufferOffsetAlignment;
  }

  /** Notes an error that the card told of after the fact; the next command or reading throws it. */
  fail(error: ZooError, { isFinal = false } = {}): void {
    // On a lost card every later command fails; the first failure says why.
    if (this.failure === undefined || isFinal) this.failure = { error, isFinal };
  }

  /** Records a shader's run. */
  dispatch(command: Command): void {
    this.throwFailure();
    const { pipeline, resources, uniforms, workgroups } = command;
    let boundBytes = 0;
    for (const resource of resources) {
      if (!('buffer' in resource)) continue;
      this.pool.touch(resource.buffer);
      boundBytes += resource.size ?? resource.buffer.size;
    }
    const bindings = uniforms === undefined ? resources : [...resources, this.uniformBinding(uniforms)];
    const group = this.bindGroups.get(pipeline, bindings);
    const pass = this.beginPass(command, boundBytes);
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...workgroups);
    this.counts.dispatches += 1;
    this.counts.boundBytes += boundBytes;
    this.counts.flops += command.flops ?? 0;
    this.recorded += 1;
    if (this.recorded >= COMMANDS_A_SUBMISSION) this.submit();
  }

  /** Records a copy of `sizeBytes` between two buffers. */
  copy(source: GPUBuffer, target: GPUBuffer, sizeBytes: number): void {
    this.endPass();
    this.pool.touch(source);
    this.pool.touch(target);
    this.openEncoder().copyBufferToBuffer(source, 0, target, 0, sizeBytes);
  }

  /** Records that the first `sizeBytes` of a buffer become zeros. */
  clear(buffer: GPUBuffer, sizeBytes: number): void {
    this.endPass();
    this.pool.touch(buffer);
    this.openEncoder().clearBuffer(buffer, 0, sizeBytes);
  }

  /** Writes a buffer that no command yet to be submitted uses. */
  write(buffer: GPUBuffer, values: ArrayBufferView): void {
    this.device.queue.writeBuffer(buffer, 0, values.buffer, values.byteOffset, values.byteLength);
  }

  /** Sends the card what has been recorded. */
  submit(): void {
    if (this.encoder === undefined) return;
    this.endPass();
    this.observer?.beforeSubmit(this.encoder);
    for (const { buffer, bytes, usedBytes } of this.uniformBlocks) {
      this.write(buffer, bytes.subarray(0, usedBytes));
    }
    this.device.queue.submit([this.encoder.finish()]);
    this.encoder = undefined;
    this.recorded = 0;
    this.counts.submissions += 1;
    this.pool.submission += 1;
    for (const { buffer } of this.uniformBlocks) this.pool.releaseBuffer(buffer);
    this.uniformBlocks = [];
    this.observer?.afterSubmit();
  }

  /** Submits, and reads the first `sizeBytes` of a buffer when the card has come so far; reads that are asked for together go together. */
  async read(buffer: GPUBuffer, sizeBytes: number): Promise<ArrayBuffer> {
    const staging = this.pool.acquireBuffer(sizeBytes, BUFFER_USAGE.mapRead | BUFFER_USAGE.copyTarget);
    this.throwFailure();
    this.copy(buffer, staging, sizeBytes);
    // The first one to continue submits the copies of all.
    await Promise.resolve();
    this.submit();
    try {
      await staging.mapAsync(MAP_READ);
    } catch (error) {
      this.pool.releaseBuffer(staging);
      // The card is lost, and the promise that reports it may settle a moment later.
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.throwFailure();
      throw error;
    }
    if (this.failure !== undefined) {
      staging.unmap();
      this.pool.releaseBuffer(staging);
      this.throwFailure();
    }
    const bytes = staging.getMappedRange(0, sizeBytes).slice(0);
    staging.unmap();
    this.pool.releaseBuffer(staging);
    return bytes;
  }

  /** The encoder that commands go to. */
  openEncoder(): GPUCommandEncoder {
    return (this.encoder ??= this.device.createCommandEncoder());
  }

  /** Ends the pass that dispatches go to, since another kind of command follows. */
  endPass(): void {
    this.pass?.end();
    this.pass = undefined;
  }

  private throwFailure(): void {
    const { failure } = this;
    if (failure === undefined) return;
    if (!failure.isFinal) this.failure = undefined;
    throw failure.error;
  }

  private beginPass(command: Command, boundBytes: number): GPUComputePassEncoder {
    const timestampWrites = this.observer?.observe(command, boundBytes);
    if (timestampWrites !== undefined) this.endPass();
    return (this.pass ??= this.openEncoder().beginComputePass(
      timestampWrites === undefined ? {} : { timestampWrites },
    ));
  }

  /** Uniforms of many dispatches share a buffer, which is written once before they are submitted. */
  private uniformBinding(uniforms: ArrayBuffer): GPUBufferBinding {
    let block = this.uniformBlocks.at(-1);
    if (block === undefined || block.usedBytes + uniforms.byteLength > UNIFORM_BLOCK_BYTES) {
      block = this.newUniformBlock();
    }
    const { buffer, bytes, usedBytes: offset } = block;
    bytes.set(new Uint8Array(uniforms), offset);
    block.usedBytes =
      Math.ceil((offset + uniforms.byteLength) / this.uniformAlignment) * this.uniformAlignment;
    return { buffer, offset, size: uniforms.byteLength };
  }

  private newUniformBlock(): UniformBlock {
    const usage = BUFFER_USAGE.uniform | BUFFER_USAGE.copyTarget;
    const buffer = this.pool.acquireBuffer(UNIFORM_BLOCK_BYTES, usage, { isSettled: true });
    this.pool.touch(buffer);
    const block = { buffer, bytes: new Uint8Array(UNIFORM_BLOCK_BYTES), usedBytes: 0 };
    this.uniformBlocks.push(block);
    return block;
  }
}
