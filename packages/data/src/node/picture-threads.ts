import { Worker } from 'node:worker_threads';

import { memoize, ZooError } from '@zoo/core';

import { memoryOf } from '../batches/batch-memory';
import { runHere, type RunPictureProgram } from '../batches/pixels-after';
import { pictureKernels, valueKernels } from '../image/picture-kernels';
import { FACTOR_BYTES, type PictureProgram } from '../image/picture-program';

/** How long threads without work stay: a validation ends before, and the next epoch begins. */
const IDLE_MS = 60_000;

/**
 * As `runProgram` and `runProgramIn` do it: plain JavaScript, since a worker's file would have to be found by every bundler.
 *
 * A job is one array of bytes (see `packProgram`) and the place of its result in a shared memory, which is sent once and called by its
 * number: to copy a message of many small objects takes as long as to read a file. What a kernel breaks off with counts as another
 * answer than the expected one: the main thread then says what is wrong.
 */
const WORKER_SOURCE = `(({ workerData: { module, valueModule, names }, parentPort }) => {
  const { exports } = new WebAssembly.Instance(module);
  const kernels = names.map((name) => exports[name]);
  const memories = new Map();
  exports.initialize();
  const run = (job, { buffer, scaleColors }, offset, length) => {
    const [size, source, bytes, factors, writes, calls] = new Float64Array(job.buffer, 0, 6);
    const words = new Float64Array(job.buffer, 48, writes * 2 + calls);
    const missing = Math.ceil((size - exports.memory.buffer.byteLength) / 65536);
    if (missing > 0) exports.memory.grow(missing);
    const heap = new Uint8Array(exports.memory.buffer);
    let at = 48 + words.byteLength;
    for (let word = 0; word < writes * 2; word += 2) {
      heap.set(job.subarray(at, at + words[word + 1]), words[word]);
      at += words[word + 1];
    }
    for (let word = writes * 2; word < words.length; ) {
      const [kernel, isExpected, expected, count] = words.subarray(word, word + 4);
      const answer = kernels[kernel](...words.subarray(word + 4, word + 4 + count));
      if (isExpected && answer !== expected) return false;
      word += 4 + count;
    }
    const target = new Uint8Array(buffer, offset, length);
    const end = length - bytes;
    const start = factors > 0 ? end - ((offset + end) % 8) : 0;
    target.set(heap.subarray(source, source + bytes), start);
    if (factors > 0) {
      target.set(heap.subarray(factors, factors + ${FACTOR_BYTES}));
      scaleColors(offset + start, offset, bytes / 3, offset);
    }
    return true;
  };
  parentPort.on('message', ({ id, job, memory, offset, length, fresh, stale }) => {
    if (stale !== undefined) memories.delete(stale);
    if (fresh instanceof WebAssembly.Memory) {
      const { scaleColors } = new WebAssembly.Instance(valueModule, { env: { memory: fresh } }).exports;
      memories.set(memory, { buffer: fresh.buffer, scaleColors });
    } else if (fresh !== undefined) memories.set(memory, { buffer: fresh });
    let isDone = false;
    try { isDone = run(job, memories.get(memory), offset, length); } catch {}
    parentPort.postMessage(isDone ? id : -1 - id);
  });
})(require('node:worker_threads'))`;

/** What a thread is sent. */
interface Message {
  readonly id: number;
  /** {@link packProgram}. */
  readonly job: Uint8Array;
  /** The number of the memory that the result is put into, and where. */
  readonly memory: number;
  readonly offset: number;
  readonly length: number;
  /** The memory itself, where the thread does not have it. */
  readonly fresh?: SharedArrayBuffer | WebAssembly.Memory;
  /** The number of a memory that the thread shall forget. */
  readonly stale?: number;
}

/** The kernels' names, whose places are their numbers in a job. */
const kernelNames = memoize(() => WebAssembly.Module.exports(pictureKernels()).map(({ name }) => name));
const kernelNumbers = memoize(() => new Map(kernelNames().map((name, number) => [name, number])));

/**
 * A program as one array, which is copied to another thread at once: six numbers (bytes of memory, address and bytes of the result, address of
 * factors or 0, writes, and numbers of the calls), address and bytes of each write, for each call its kernel, whether an answer is expected and which, the count of its
 * arguments and these; then the bytes.
 *
 * @param isInMemory True if kernels can write where the result shall lie: then the last call is made there, on what factors have an address for.
 */
function packProgram(
  { sizeBytes, result, writes, calls, values }: PictureProgram,
  isInMemory: boolean,
): Uint8Array {
  const isLast = isInMemory && values !== undefined;
  const { address, byteLength, factors } = isLast ? values : { ...result, factors: 0 };
  const numbers = kernelNumbers();
  const words = writes.flatMap(([address, { length }]) => [address, length]);
  for (const { kernel, args, expected } of isLast ? calls.slice(0, -1) : calls) {
    words.push(numbers.get(kernel)!, Number(expected !== undefined), expected ?? 0, args.length, ...args);
  }
  const head = [
    ...[sizeBytes, address, byteLength, factors],
    writes.length,
    words.length - 2 * writes.length,
  ];
  let at = 8 * (head.length + words.length);
  const job = new Uint8Array(writes.reduce((sum, [, { length }]) => sum + length, at));
  new Float64Array(job.buffer, 0, head.length + words.length).set([...head, ...words]);
  for (const [, bytes] of writes) {
    job.set(bytes, at);
    at += bytes.length;
  }
  return job;
}

/** Memories that a thread keeps: those of the batches that are being made, and some more. */
const KEPT_MEMORIES = 8;

/** Numbers of the memories that a thread has, the one that was used last at the end. */
function memoryNumbers(): (memory: SharedArrayBuffer) => Pick<Message, 'memory' | 'fresh' | 'stale'> {
  const known = new Map<SharedArrayBuffer, number>();
  let count = 0;
  return (memory) => {
    const number = known.get(memory);
    if (number !== undefined) {
      known.delete(memory);
      known.set(memory, number);
      return { memory: number };
    }
    const [oldest] = known.size < KEPT_MEMORIES ? [] : known;
    if (oldest !== undefined) known.delete(oldest[0]);
    known.set(memory, count);
    return {
      memory: count++,
      fresh: memoryOf(memory) ?? memory,
      ...(oldest !== undefined && { stale: oldest[1] }),
    };
  };
}

/** A program and, in shared memory, where its result is put. */
interface Job {
  readonly program: PictureProgram;
  readonly target: Uint8Array<SharedArrayBuffer>;
}

/** One thread and what it has to do. */
interface PictureThread {
  readonly waiting: Map<number, { resolve: (isDone: boolean) => void; reject: (error: unknown) => void }>;
  post(job: Job): Promise<boolean>;
}

/** Runs programs on `count` threads, which all sources that ask for as many share; on this thread for 0. */
export function runOnThreads(count: number): RunPictureProgram {
  if (count === 0) return runHere;
  return async (program, target) => {
    const threads = poolOf(count);
    const idlest = threads.reduce((best, thread) =>
      thread.waiting.size < best.waiting.size ? thread : best,
    );
    if (isShared(target)) return idlest.post({ program, target });
    const shared = new Uint8Array(new SharedArrayBuffer(target.length));
    const isDone = await idlest.post({ program, target: shared });
    if (isDone) target.set(shared);
    return isDone;
  };
}

const isShared = (bytes: Uint8Array): bytes is Uint8Array<SharedArrayBuffer> =>
  bytes.buffer instanceof SharedArrayBuffer;

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
  const numberOf = memoryNumbers();
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
  worker.on('message', (answer: number) => {
    const isDone = answer >= 0;
    settle(isDone ? answer : -1 - answer, ({ resolve }) => resolve(isDone));
  });
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
        const { buffer, byteOffset: offset, length } = target;
        const job = packProgram(program, memoryOf(buffer) !== undefined);
        const message: Message = { id, job, ...numberOf(buffer), offset, length };
        worker.postMessage(message);
      }),
  };
}

function startWorker(): Worker {
  try {
    // A thread that only computes needs none of the main thread's loaders and inspectors.
    const workerData = { module: pictureKernels(), valueModule: valueKernels(), names: kernelNames() };
    return new Worker(WORKER_SOURCE, { eval: true, workerData, execArgv: [], env: {} });
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
