import { Worker } from 'node:worker_threads';

import { memoize, ZooError } from '@zoo/core';

import { memoryOf } from '../batches/batch-memory';
import { runHere, type RunPictureProgram } from '../batches/pixels-after';
import { pictureKernels, valueKernels } from '../image/picture-kernels';
import { FACTOR_BYTES, type PictureProgram } from '../image/picture-program';

/** How long threads without work stay: a validation ends before, and the next epoch begins. */
const IDLE_MS = 60_000;

/** Jobs that are sent at once where several are ready: a message and its answer cost as much as a fifth of a small picture. */
const MOST_JOBS_AT_ONCE = 4;

/** Numbers that say a job: its own, the number of the memory that says what to do, and the number, offset and length of that for the result. */
const JOB_NUMBERS = 5;

/**
 * As `runProgram` and `runProgramIn` do it: plain JavaScript, since a worker's file would have to be found by every bundler.
 *
 * What is to be done stands in shared memory (see {@link packProgram}), as does the result: each memory is sent once and called by its number, so
 * that no message holds more than numbers. What a kernel breaks off with counts as another answer than the expected one: the main thread
 * then says what is wrong.
 */
const WORKER_SOURCE = `(({ workerData: { module, valueModule, names }, parentPort }) => {
  const { exports } = new WebAssembly.Instance(module);
  const kernels = names.map((name) => exports[name]);
  const memories = new Map();
  exports.initialize();
  const run = (job, { buffer, scaleColors }, offset, length) => {
    const [size, source, bytes, factors, writes, calls] = new Float64Array(job, 0, 6);
    const words = new Float64Array(job, 48, writes * 2 + calls);
    const missing = Math.ceil((size - exports.memory.buffer.byteLength) / 65536);
    if (missing > 0) exports.memory.grow(missing);
    const heap = new Uint8Array(exports.memory.buffer);
    let at = 48 + words.byteLength;
    for (let word = 0; word < writes * 2; word += 2) {
      heap.set(new Uint8Array(job, at, words[word + 1]), words[word]);
      at += (words[word + 1] + 7) & ~7;
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
  const learn = ([number, memory]) => {
    if (memory instanceof WebAssembly.Memory) {
      const { scaleColors } = new WebAssembly.Instance(valueModule, { env: { memory } }).exports;
      memories.set(number, { buffer: memory.buffer, scaleColors });
    } else memories.set(number, { buffer: memory });
  };
  parentPort.on('message', ({ jobs, fresh, stale }) => {
    fresh.forEach(learn);
    const answers = [];
    for (let at = 0; at < jobs.length; at += ${JOB_NUMBERS}) {
      const [id, job, memory, offset, length] = jobs.slice(at, at + ${JOB_NUMBERS});
      let isDone = false;
      try { isDone = run(memories.get(job).buffer, memories.get(memory), offset, length); } catch {}
      answers.push(isDone ? id : -1 - id);
    }
    stale.forEach((number) => memories.delete(number));
    parentPort.postMessage(answers);
  });
})(require('node:worker_threads'))`;

/** What a thread is sent. */
interface Message {
  /** {@link JOB_NUMBERS} for each job. */
  readonly jobs: readonly number[];
  /** Memories that the thread does not have, by their numbers. */
  readonly fresh: readonly (readonly [number: number, memory: SharedArrayBuffer | WebAssembly.Memory])[];
  /** Numbers of the memories that the thread shall forget when it has done the jobs. */
  readonly stale: readonly number[];
}

/** The kernels' names, whose places are their numbers in a job. */
const kernelNames = memoize(() => WebAssembly.Module.exports(pictureKernels()).map(({ name }) => name));
const kernelNumbers = memoize(() => new Map(kernelNames().map((name, number) => [name, number])));

/**
 * Writes a program into shared memory: six numbers (bytes of memory, address and bytes of the result, address of factors or 0, writes, and
 * numbers of the calls), address and bytes of each write, for each call its kernel, whether an answer is expected and which, the count of its
 * arguments and these; then the bytes, each write's from a place that eight divides, because V8 copies words from there.
 *
 * @param isInMemory True if kernels can write where the result shall lie: then the last call is made there, on what factors have an address for.
 * @param take Room for as many bytes.
 */
function packProgram(
  { sizeBytes, result, writes, calls, values }: PictureProgram,
  isInMemory: boolean,
  take: (byteLength: number) => JobSlot,
): JobSlot {
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
  const slot = take(writes.reduce((sum, [, { length }]) => sum + wholeWords(length), at));
  const { buffer } = slot;
  const all = new Float64Array(buffer, 0, head.length + words.length);
  all.set(head);
  all.set(words, head.length);
  const job = new Uint8Array(buffer);
  for (const [, bytes] of writes) {
    job.set(bytes, at);
    at += wholeWords(bytes.length);
  }
  return slot;
}

const wholeWords = (byteLength: number): number => (byteLength + 7) & ~7;

/** Memories for results that a thread keeps: those of the batches that are being made, and some more. */
const KEPT_MEMORIES = 8;

/** The least that a memory for a job has. */
const SLOT_BYTES = 32_768;

/** Shared memory that holds a job, and its number. */
interface JobSlot {
  readonly number: number;
  readonly buffer: SharedArrayBuffer;
}

/** The memories that one thread knows, by their numbers. */
interface ThreadMemories {
  /** The number of the memory that a result is put into. */
  numberOf(memory: SharedArrayBuffer): number;
  /** Memory for a job. */
  readonly takeSlot: (byteLength: number) => JobSlot;
  /** Called when the thread has done the job. */
  freeSlot(slot: JobSlot): void;
  /** What has become known, and what is to be forgotten, since the last call. */
  news(): Pick<Message, 'fresh' | 'stale'>;
}

/** Jobs lie in memories that are used again, because V8 collects all garbage when as much fresh memory has been taken as some thousand files have. */
function threadMemories(): ThreadMemories {
  const results = new Map<SharedArrayBuffer, number>();
  const free: JobSlot[] = [];
  let count = 0;
  let [fresh, stale]: [[number, SharedArrayBuffer | WebAssembly.Memory][], number[]] = [[], []];
  return {
    numberOf: (memory) => {
      const known = results.get(memory);
      // The one that was used last stands at the end.
      results.delete(memory);
      const number = known ?? count++;
      if (known === undefined) {
        const [oldest] = results.size < KEPT_MEMORIES ? [] : results;
        if (oldest !== undefined) {
          results.delete(oldest[0]);
          stale.push(oldest[1]);
        }
        fresh.push([number, memoryOf(memory) ?? memory]);
      }
      results.set(memory, number);
      return number;
    },
    takeSlot: (byteLength) => {
      const index = free.findIndex(({ buffer }) => buffer.byteLength >= byteLength);
      if (index !== -1) return free.splice(index, 1)[0]!;
      const tooSmall = free.pop();
      if (tooSmall !== undefined) stale.push(tooSmall.number);
      const buffer = new SharedArrayBuffer(2 ** Math.ceil(Math.log2(Math.max(byteLength, SLOT_BYTES))));
      fresh.push([count, buffer]);
      return { number: count++, buffer };
    },
    freeSlot: (slot) => void free.push(slot),
    news: () => {
      const news = { fresh, stale };
      [fresh, stale] = [[], []];
      return news;
    },
  };
}

/** A program and, in shared memory, where its result is put. */
interface Job {
  readonly program: PictureProgram;
  readonly target: Uint8Array<SharedArrayBuffer>;
}

/** A job that a thread has been given. */
interface WaitingJob {
  readonly slot: JobSlot;
  readonly resolve: (isDone: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** One thread and what it has to do. */
interface PictureThread {
  readonly waiting: ReadonlyMap<number, WaitingJob>;
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
  const waiting = new Map<number, WaitingJob>();
  const memories = threadMemories();
  let count = 0;
  let jobs: number[] = [];
  let idle: NodeJS.Timeout | undefined;
  const worker = startWorker();
  worker.unref();
  const send = (): void => {
    if (jobs.length === 0) return;
    const message: Message = { jobs, ...memories.news() };
    jobs = [];
    worker.postMessage(message);
  };
  const settle = (id: number, outcome: (job: WaitingJob) => void): void => {
    const job = waiting.get(id);
    waiting.delete(id);
    if (job !== undefined) {
      memories.freeSlot(job.slot);
      outcome(job);
    }
    if (waiting.size > 0) return;
    // The process may end by itself while nothing is under way, and not before.
    worker.unref();
    idle = setTimeout(() => {
      forget();
      void worker.terminate();
    }, IDLE_MS).unref();
  };
  worker.on('message', (answers: readonly number[]) => {
    for (const answer of answers) {
      const isDone = answer >= 0;
      settle(isDone ? answer : -1 - answer, ({ resolve }) => resolve(isDone));
    }
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
        const { buffer, byteOffset, length } = target;
        const slot = packProgram(program, memoryOf(buffer) !== undefined, memories.takeSlot);
        waiting.set(id, { slot, resolve, reject });
        worker.ref();
        // After all that the same event makes ready.
        if (jobs.length === 0) process.nextTick(send);
        jobs.push(id, slot.number, memories.numberOf(buffer), byteOffset, length);
        if (jobs.length === MOST_JOBS_AT_ONCE * JOB_NUMBERS) send();
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
