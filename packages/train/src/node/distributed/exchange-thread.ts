import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { ZooError } from '@zoo/core';

import {
  CELLS,
  EXCHANGE_WORKER_SOURCE,
  type ExchangeJob,
  type ExchangeName,
  type ExchangeReport,
  type ExchangeWorkerData,
} from './exchange-worker';
import type { MpiLibrary } from './mpi-library';

/** The thread on which all exchanges of this process run, in the order in which they are asked for. */
export interface ExchangeThread {
  /** Settles when MPI has done the call; it is under way when this returns. Arrays among `args` lie in shared memory. */
  exchange(name: ExchangeName, args: readonly unknown[]): Promise<void>;
  /** As `exchange`, but this thread is blocked meanwhile: for a value that a computation needs before it can go on. */
  exchangeNow(name: ExchangeName, args: readonly unknown[]): void;
  /** Waits for what is under way and ends the thread. */
  close(): Promise<void>;
}

interface Waiting {
  readonly name: ExchangeName;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Starts the thread; the library is initialized. */
export function startExchangeThread(library: MpiLibrary): ExchangeThread {
  const cells = new Int32Array(new SharedArrayBuffer(4 * Object.keys(CELLS).length));
  const data: ExchangeWorkerData = { ...library.forWorker(), cells };
  // A thread that only exchanges needs none of the main thread's loaders and inspectors.
  const worker = new Worker(EXCHANGE_WORKER_SOURCE, { eval: true, workerData: data, execArgv: [] });
  worker.unref();
  const waiting = new Map<number, Waiting>();
  let count = 0;
  let idle: (() => void) | undefined;

  const settle = (id: number, outcome: (job: Waiting) => void): void => {
    const job = waiting.get(id);
    waiting.delete(id);
    if (job !== undefined) outcome(job);
    if (waiting.size > 0) return;
    // The process may end by itself while nothing is under way, and not before.
    worker.unref();
    idle?.();
  };
  worker.on('message', ([id, code]: ExchangeReport) =>
    settle(id, ({ name, resolve, reject }) => (code === 0 ? resolve() : reject(callFailed(name, code)))),
  );
  worker.on('error', (error) => {
    for (const id of [...waiting.keys()]) settle(id, ({ name, reject }) => reject(threadFailed(name, error)));
  });
  const post = (job: Omit<ExchangeJob, 'id'>): number => {
    const id = ++count;
    worker.postMessage({ ...job, id } satisfies ExchangeJob);
    Atomics.add(cells, CELLS.posted, 1);
    Atomics.notify(cells, CELLS.posted);
    return id;
  };

  return {
    exchange: (name, args) =>
      new Promise<void>((resolve, reject) => {
        // Until this thread has nothing left to compute: then a microtask runs.
        Atomics.store(cells, CELLS.computing, 1);
        queueMicrotask(() => Atomics.store(cells, CELLS.computing, 0));
        waiting.set(post({ name, args, blocks: false }), { name, resolve, reject });
        worker.ref();
      }),
    exchangeNow: (name, args) => {
      const before = Atomics.exchange(cells, CELLS.computing, 0);
      const id = post({ name, args, blocks: true });
      for (let done = Atomics.load(cells, CELLS.done); done !== id; done = Atomics.load(cells, CELLS.done)) {
        Atomics.wait(cells, CELLS.done, done, 1000);
      }
      Atomics.store(cells, CELLS.computing, before);
      const code = Atomics.load(cells, CELLS.code);
      if (code !== 0) throw callFailed(name, code);
    },
    close: async () => {
      if (waiting.size > 0) await new Promise<void>((resolve) => (idle = resolve));
      const ended = once(worker, 'exit');
      worker.ref();
      worker.postMessage(null);
      Atomics.add(cells, CELLS.posted, 1);
      Atomics.notify(cells, CELLS.posted);
      await ended;
    },
  };
}

/** The error of an MPI call that returned `code`. */
export function callFailed(name: string, code: number): ZooError {
  return new ZooError(
    'communicator',
    `${name} failed with error ${code}. The launcher's output says which rank or machine is gone.`,
  );
}

function threadFailed(name: string, cause: Error): ZooError {
  return new ZooError('communicator', `${name} was not called: ${cause.message}`, { cause });
}
