/** MPI's nonblocking calls that the thread makes; each has an array to work in, and some a second to gather in. */
export type ExchangeName =
  'MPI_Iallreduce' | 'MPI_Ibcast' | 'MPI_Iallgather' | 'MPI_Ialltoall' | 'MPI_Ibarrier';

/** One exchange as the thread is told of it. */
export interface ExchangeJob {
  /** From 1, one more for each. */
  readonly id: number;
  readonly name: ExchangeName;
  /** The call's arguments before its request; arrays lie in shared memory. */
  readonly args: readonly unknown[];
  /** True where the program's thread is blocked until the exchange is done. */
  readonly blocks: boolean;
}

/** What the thread tells when an exchange that blocks no thread is done: its number and MPI's error code. */
export type ExchangeReport = readonly [id: number, code: number];

/** Cells of the memory by which the program's thread and this one wake each other. */
export const CELLS = {
  /** Grows with every job: the thread sleeps on it. */
  posted: 0,
  /** 1 while the program computes: the thread then looks after messages now and then, and leaves it the processor. */
  computing: 1,
  /** Number of the last job that was stood still for. */
  done: 2,
  /** MPI's error code of that job. */
  code: 3,
} as const;

/** What the thread starts with. */
export interface ExchangeWorkerData {
  /** Where koffi is. */
  readonly koffi: string;
  /** The MPI library's file; the process has it already. */
  readonly library: string;
  /** C types of each call's parameters. */
  readonly signatures: Readonly<Record<ExchangeName | 'MPI_Test', readonly string[]>>;
  /** {@link CELLS}. */
  readonly cells: Int32Array;
}

/**
 * The thread that all exchanges run on: plain JavaScript, since a worker's file would have to be found by every bundler.
 *
 * It begins each job in the order in which they come and asks MPI after those under way, which is what moves the messages
 * in most MPI libraries. A program that waits has it ask without pause for 0.2 ms, then every 0.05 ms, and ever less often, so that a
 * rank that waits for minutes costs nothing, and none that waits longer than a moment keeps a core from those that it waits for.
 */
export const EXCHANGE_WORKER_SOURCE = `(() => {
  const { workerData, parentPort, receiveMessageOnPort } = require('node:worker_threads');
  const { cells, signatures } = workerData;
  const library = require(workerData.koffi).load(workerData.library, { global: true, lazy: true });
  const calls = {};
  for (const name in signatures) calls[name] = library.func(name, 'int', signatures[name]);
  const finished = new Int32Array(new ArrayBuffer(256), 0, 1);
  const status = new Uint8Array(new ArrayBuffer(256));
  const underWay = [];
  const report = ({ id, blocks }, code) => {
    if (!blocks) return parentPort.postMessage([id, code]);
    Atomics.store(cells, 3, code);
    Atomics.store(cells, 2, id);
    Atomics.notify(cells, 2);
  };
  const begin = (job) => {
    const request = new BigUint64Array(new ArrayBuffer(256), 0, 1);
    const code = calls[job.name](...job.args, request);
    if (code === 0) underWay.push({ job, request });
    else report(job, code);
  };
  const ask = () => {
    let moved = false;
    for (let index = 0; index < underWay.length; ) {
      const { job, request } = underWay[index];
      const code = calls.MPI_Test(request, finished, status);
      if (code === 0 && finished[0] === 0) { index++; continue; }
      underWay.splice(index, 1);
      report(job, code);
      moved = true;
    }
    return moved;
  };
  let since = performance.now();
  for (;;) {
    const posted = Atomics.load(cells, 0);
    for (let next = receiveMessageOnPort(parentPort); next !== undefined; next = receiveMessageOnPort(parentPort)) {
      if (next.message === null) return parentPort.close();
      begin(next.message);
      since = performance.now();
    }
    if (ask()) since = performance.now();
    if (underWay.length === 0) { Atomics.wait(cells, 0, posted); continue; }
    const waitedMs = performance.now() - since;
    if (Atomics.load(cells, 1) === 1) Atomics.wait(cells, 0, posted, 0.05);
    else if (waitedMs > 0.2) Atomics.wait(cells, 0, posted, Math.max(0.05, Math.min(2, waitedMs / 1000)));
  }
})();`;
