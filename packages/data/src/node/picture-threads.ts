import { Worker } from 'node:worker_threads';

import { memoize, ZooError } from '@zoo/core';

import { runHere, type RunPictureProgram } from '../batches/pixels-after';
import { pictureKernels, type PictureProgram } from '../image/picture-program';

/** How long threads without work stay: the next epoch begins before. */
const IDLE_MS = 10_000;

/** A program with its number and, in shared memory, where its result is put. */
interface Job {
  readonly id: number;
  readonly program: PictureProgram;
  readonly target: Uint8Array;
}

/**
 * As `runProgram` does it: plain JavaScript, since a worker's file would have to be found by every bundler.
 *
 * What a kernel breaks off with counts as another answer than the expected one: the main thread then says what is wrong.
 */
const WORKER_SOURCE = `(({ workerData, parentPort }) => {
  const { exports } = new WebAssembly.Instance(workerData);
  exports.initialize();
  const run = ({ program: { sizeBytes, writes, calls, result }, target }) => {
    const missing = Math.ceil((sizeBytes - exports.memory.buffer.byteLength) / 65536);
    if (missing > 0) exports.memory.grow(missing);
    const heap = new Uint8Array(exports.memory.buffer);
    for (const [address, bytes] of writes) heap.set(bytes, address);
    for (const { kernel, args, expected } of calls) {
      const answer = exports[kernel](...args);
      if (expected !== undefined && answer !== expected) return false;
    }
    target.set(heap.subarray(result.address, result.address + result.byteLength));
    return true;
  };
  parentPort.on('message', (job) => {
    let isDone = false;
    try { isDone = run(job); } catch {}
    parentPort.postMessage([job.id, isDone]);
  });
})(require('node:worker_threads'))`;

/** One thread and what it has to do. */
interface PictureThread {
  readonly waiting: Map<number, { resolve: (isDone: boolean) => void; reject: (error: unknown) => void }>;
  post(job: Omit<Job, 'id'>): Promise<boolean>;
}

/** Runs programs on `count` threads, which all sources that ask for as many share; on this thread for 0. */
export function runOnThreads(count: number): RunPictureProgram {
  if (count === 0) return runHere;
  return async (program, target) => {
    const threads = poolOf(count);
    const idlest = threads.reduce((best, thread) =>
      thread.waiting.size < best.waiting.size ? thread : best,
    );
    if (target.buffer instanceof SharedArrayBuffer) return idlest.post({ program, target });
    const shared = new Uint8Array(new SharedArrayBuffer(target.length));
    const isDone = await idlest.post({ program, target: shared });
    if (isDone) target.set(shared);
    return isDone;
  };
}

const pools = memoize(() => new Map<number, PictureThread[]>());

function poolOf(count: number): PictureThread[] {
  const known = pools().get(count);
  if (known !== undefined) return known;
  const threads: PictureThread[] = [];
  const forget = () => {
    if (pools().get(count) === threads) pools().delete(count);
  };
  for (let index = 0; index < count; index++) threads.push(startThread(forget));
  pools().set(count, threads);
  return threads;
}

/** Starts a thread that ends when it has had nothing to do for a while; then, or when it fails, `forget` is called. */
function startThread(forget: () => void): PictureThread {
  const waiting: PictureThread['waiting'] = new Map();
  let count = 0;
  let idle: NodeJS.Timeout | undefined;
  const worker = startWorker();
  worker.unref();
  const settle = (id: number, outcome: (job: NonNullable<ReturnType<typeof waiting.get>>) => void): void => {
    const job = waiting.get(id);
    waiting.delete(id);
    if (job !== undefined) outcome(job);
    if (waiting.size > 0) return;
    // The process may end by itself while nothing is under way, and not before.
    worker.unref();
    idle = setTimeout(() => {
      forget();
      void worker.terminate();
    }, IDLE_MS).unref();
  };
  worker.on('message', ([id, isDone]: [number, boolean]) => settle(id, ({ resolve }) => resolve(isDone)));
  worker.on('error', (error) => {
    forget();
    for (const id of [...waiting.keys()]) settle(id, ({ reject }) => reject(threadError(error)));
  });
  return {
    waiting,
    post: ({ program, target }) =>
      new Promise((resolve, reject) => {
        clearTimeout(idle);
        const id = count++;
        waiting.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ id, program: withOwnBytes(program), target } satisfies Job);
      }),
  };
}

function startWorker(): Worker {
  try {
    // Loaders and inspectors of the main thread have no business in a thread that only computes.
    return new Worker(WORKER_SOURCE, { eval: true, workerData: pictureKernels(), execArgv: [], env: {} });
  } catch (error) {
    throw threadError(error);
  }
}

function threadError(cause: unknown): ZooError {
  return new ZooError(
    'unsupported',
    'Expected threads for `options.workers` to run but one has ended or none may start. Set workers to 0: pictures are then made on the main thread.',
    { cause },
  );
}

/** A message takes the whole of the memory that a view is part of. */
function withOwnBytes(program: PictureProgram): PictureProgram {
  const writes = program.writes.map(
    ([address, bytes]) =>
      [address, bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice()] as const,
  );
  return { ...program, writes };
}
