import { platform } from '#platform';

import type { KernelModule } from './compile-kernels';
import type { KernelNumber } from './kernel-number';
import type { WorkerHandle } from './platform';

/** What the compiled kernels export. */
interface KernelExports {
  runJob(jobAddress: number, scratchAddress: number, tileCount: number): void;
  stopWorkers(jobAddress: number): void;
}

/** The allocator of the memory that the kernels work on. */
export interface Allocator {
  allocate(sizeBytes: number): number;
  free(address: number): void;
}

const JOB_BYTES = 512;
/** Where a job's block holds what the main thread writes, in bytes: assembly/job.ts has the same. The arguments follow the kernel's number. */
export const JOB_OFFSETS = { canBlock: 204, kernel: 256 } as const;
const ALIGNMENT = 64;
/** Layout shared with assembly/: 8 KiB of tables and two packed blocks of 128 KiB, then Winograd's 64 KiB of tables and 704 KiB of values. */
const SCRATCH_BYTES = 8192 + 2 * 131072 + 65536 + 720896;

/**
 * Threads that compute jobs on one shared memory, and the calling thread among them.
 *
 * A job is cut into tiles whose results do not depend on the thread that computes them, so that results are the same for any
 * number of threads. {@link ThreadPool.run} returns when the job is done.
 */
export class ThreadPool {
  /** Threads that take part, the caller's included. */
  threads: number;
  /** True where the runtime has relaxed SIMD: a multiplication and an addition in one instruction. */
  readonly hasFusedMultiplyAdd: boolean;

  private readonly memory: WebAssembly.Memory;
  private readonly exports: KernelExports;
  private readonly jobAddress: number;
  private readonly scratchAddress: number;
  private workers: WorkerHandle[];
  private job: Int32Array;

  constructor(
    { module, hasFusedMultiplyAdd }: KernelModule,
    memory: WebAssembly.Memory,
    allocator: Allocator,
    threads: number,
  ) {
    this.memory = memory;
    this.threads = threads;
    this.hasFusedMultiplyAdd = hasFusedMultiplyAdd;
    this.exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
    this.jobAddress = allocateZeros(memory, allocator, JOB_BYTES);
    this.scratchAddress = allocateZeros(memory, allocator, SCRATCH_BYTES);
    this.job = this.jobView();
    new Int32Array(memory.buffer, this.jobAddress + JOB_OFFSETS.canBlock, 1)[0] =
      isShared(memory) && platform.canBlock() ? 1 : 0;
    this.workers = Array.from({ length: threads - 1 }, () =>
      platform.startWorker({
        module,
        memory,
        jobAddress: this.jobAddress,
        scratchAddress: allocateZeros(memory, allocator, SCRATCH_BYTES),
      }),
    );
  }

  /** Computes `tileCount` tiles of a kernel with `values` (32-bit integers, or addresses) as its arguments. */
  run(kernel: KernelNumber, tileCount: number, values: readonly number[]): void {
    if (tileCount <= 0) return;
    // When an unshared memory grows, its old buffer is detached.
    if (this.job.byteLength === 0) this.job = this.jobView();
    this.job[0] = kernel;
    for (let i = 0; i < values.length; i++) this.job[i + 1] = values[i]!;
    this.exports.runJob(this.jobAddress, this.scratchAddress, tileCount);
  }

  /** Ends the worker threads; jobs still run, on the calling thread alone. */
  async dispose(): Promise<void> {
    const { workers } = this;
    this.workers = [];
    this.threads = 1;
    if (workers.length > 0) this.exports.stopWorkers(this.jobAddress);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  private jobView(): Int32Array {
    return new Int32Array(
      this.memory.buffer,
      this.jobAddress + JOB_OFFSETS.kernel,
      (JOB_BYTES - JOB_OFFSETS.kernel) / 4,
    );
  }
}

/** True if the memory can be shared between threads. */
export function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
}

/** The bits of a 32-bit float as the integer that {@link ThreadPool.run} takes. */
export function floatBits(value: number): number {
  FLOAT[0] = value;
  return BITS[0]!;
}

const FLOAT = new Float32Array(1);
const BITS = new Int32Array(FLOAT.buffer);

function allocateZeros(memory: WebAssembly.Memory, allocator: Allocator, sizeBytes: number): number {
  const address = allocator.allocate(sizeBytes + ALIGNMENT);
  const aligned = Math.ceil(address / ALIGNMENT) * ALIGNMENT;
  new Uint8Array(memory.buffer, aligned, sizeBytes).fill(0);
  return aligned;
}
