/// <reference types="@webgpu/types" />

import { ZooError } from '@zoo/core';

import { BUFFER_USAGE, type Command, type CommandStream, type DispatchObserver } from './command-stream';
import { runningContext } from './running-engine';

const MAP_READ = 1;
const TIME_BYTES = 8;
const TIMES_A_DISPATCH = 2;
/** WebGPU's limit for the number of queries in a set is 4,096. */
const DISPATCHES_A_SET = 512;

/** What one kernel did, over all its calls. */
export interface KernelTime {
  /** What the shader computes: "conv2d". */
  readonly label: string;
  /** The shader itself, with tile sizes and shapes where these are part of it. */
  readonly shader: string;
  readonly calls: number;
  /** Time on the card; undefined where the card has no timestamp queries. */
  readonly milliseconds: number | undefined;
  /** Floating-point operations, as far as the zoo's kernels tell them. */
  readonly flops: number;
  /** Bytes of the tensors that the calls read and write, each tensor once a call. */
  readonly bytes: number;
}

/** What the card did during a call. */
export interface KernelProfile {
  /** The most time first. */
  readonly kernels: readonly KernelTime[];
  /** Shaders run. */
  readonly dispatches: number;
  /** Times that commands were sent to the card. */
  readonly submissions: number;
  /** Buffers created: none once every size has been met. */
  readonly createdBuffers: number;
  readonly flops: number;
  readonly bytes: number;
}

/** Options of {@link profileKernels}. */
export interface ProfileKernelsOptions {
  /** Measures each shader's time, in a pass of its own, which is slower in all; default true where the card can. */
  timed?: boolean;
}

/**
 * Runs `compute` on the webgpu engine and returns what the card did meanwhile, kernel by kernel.
 *
 * @throws ZooError 'engine-unavailable' if `selectEngine` has not started webgpu.
 */
export async function profileKernels(
  compute: () => unknown,
  { timed = true }: ProfileKernelsOptions = {},
): Promise<KernelProfile> {
  const context = runningContext();
  if (context === undefined) {
    throw new ZooError(
      'engine-unavailable',
      "Kernels are profiled on webgpu only, and it is not running. Start it with `selectEngine({ prefer: 'webgpu' })`.",
    );
  }
  const { stream } = context;
  stream.submit();
  const profiler = new KernelProfiler(stream, timed && context.hasFeature('timestamp-query'));
  const before = { ...stream.counts, created: stream.pool.counts.created };
  stream.observer = profiler;
  try {
    await compute();
    stream.submit();
  } finally {
    stream.observer = undefined;
  }
  const kernels = await profiler.times();
  return {
    kernels,
    dispatches: stream.counts.dispatches - before.dispatches,
    submissions: stream.counts.submissions - before.submissions,
    createdBuffers: stream.pool.counts.created - before.created,
    flops: stream.counts.flops - before.flops,
    bytes: stream.counts.boundBytes - before.boundBytes,
  };
}

interface Seen {
  readonly label: string;
  readonly shader: string;
  calls: number;
  milliseconds: number;
  flops: number;
  bytes: number;
}

/** Collects every dispatch, with its time where the card tells. */
class KernelProfiler implements DispatchObserver {
  private readonly kernels = new Map<string, Seen>();
  private readonly pending: Promise<void>[] = [];
  private queries: GPUQuerySet | undefined;
  private timedKernels: Seen[] = [];
  private staging: GPUBuffer | undefined;

  constructor(
    private readonly stream: CommandStream,
    private readonly isTimed: boolean,
  ) {}

  observe(command: Command, boundBytes: number): GPUComputePassTimestampWrites | undefined {
    const kernel = this.kernelOf(command);
    kernel.calls += 1;
    kernel.flops += command.flops ?? 0;
    kernel.bytes += boundBytes;
    if (!this.isTimed || this.timedKernels.length === DISPATCHES_A_SET) return undefined;
    const index = this.timedKernels.push(kernel) - 1;
    this.queries ??= this.stream.device.createQuerySet({
      type: 'timestamp',
      count: DISPATCHES_A_SET * TIMES_A_DISPATCH,
    });
    return {
      querySet: this.queries,
      beginningOfPassWriteIndex: index * TIMES_A_DISPATCH,
      endOfPassWriteIndex: index * TIMES_A_DISPATCH + 1,
    };
  }

  beforeSubmit(encoder: GPUCommandEncoder): void {
    if (this.queries === undefined) return;
    const sizeBytes = this.timedKernels.length * TIMES_A_DISPATCH * TIME_BYTES;
    const { pool } = this.stream;
    const resolved = pool.acquireBuffer(sizeBytes, BUFFER_USAGE.queryResolve | BUFFER_USAGE.copySource);
    this.staging = pool.acquireBuffer(sizeBytes, BUFFER_USAGE.mapRead | BUFFER_USAGE.copyTarget);
    encoder.resolveQuerySet(this.queries, 0, this.timedKernels.length * TIMES_A_DISPATCH, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, this.staging, 0, sizeBytes);
    pool.releaseBuffer(resolved);
  }

  afterSubmit(): void {
    const { queries, staging, timedKernels } = this;
    if (queries === undefined || staging === undefined) return;
    this.pending.push(this.readTimes(queries, staging, timedKernels));
    this.queries = undefined;
    this.staging = undefined;
    this.timedKernels = [];
  }

  async times(): Promise<KernelTime[]> {
    await Promise.all(this.pending);
    return [...this.kernels.values()]
      .map((kernel) => ({ ...kernel, milliseconds: this.isTimed ? kernel.milliseconds : undefined }))
      .sort((left, right) => (right.milliseconds ?? right.bytes) - (left.milliseconds ?? left.bytes));
  }

  private async readTimes(queries: GPUQuerySet, staging: GPUBuffer, kernels: readonly Seen[]): Promise<void> {
    await staging.mapAsync(MAP_READ);
    const times = new BigUint64Array(
      staging.getMappedRange(0, kernels.length * TIMES_A_DISPATCH * TIME_BYTES).slice(0),
    );
    staging.unmap();
    this.stream.pool.releaseBuffer(staging);
    queries.destroy();
    kernels.forEach((kernel, index) => {
      const nanoseconds = Number(times[index * TIMES_A_DISPATCH + 1]! - times[index * TIMES_A_DISPATCH]!);
      kernel.milliseconds += Math.max(0, nanoseconds) / 1e6;
    });
  }

  private kernelOf({ label, pipeline }: Command): Seen {
    const shader = pipeline.label === '' ? label : pipeline.label;
    const key = `${label} ${shader}`;
    let kernel = this.kernels.get(key);
    if (kernel === undefined) {
      kernel = { label, shader, calls: 0, milliseconds: 0, flops: 0, bytes: 0 };
      this.kernels.set(key, kernel);
    }
    return kernel;
  }
}
