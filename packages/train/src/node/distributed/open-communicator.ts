import { hostname } from 'node:os';
import { deserialize, serialize } from 'node:v8';

import { ZooError } from '@zoo/core';

import type { Communicator, ExchangedValues, Reduction } from './communicator';
import { callFailed, startExchangeThread } from './exchange-thread';
import type { ExchangeName } from './exchange-worker';
import { expectOneVersion } from './expect-one-version';
import { readLaunch, tasksWithoutMpi, type Launch } from './launch';
import { loadMpi, type MpiLibrary } from './mpi-library';
import { expectRank, expectWholeParts, finalizedError, oneProcess } from './one-process';

/** Options of {@link openCommunicator}. */
export interface CommunicatorOptions {
  /** Path or name of the MPI library. Default: the variable `ZOO_MPI_LIBRARY`, else the usual names of the launcher's family. */
  readonly library?: string;
}

let opened = false;

/**
 * The communicator of this process: over MPI if an MPI launcher started it, else {@link oneProcess}.
 *
 * Each exchange is a nonblocking MPI call, which a separate thread polls: the event loop and the engine continue meanwhile, and several
 * exchanges can run at once. Only one thread calls MPI, so MPI_THREAD_SERIALIZED is enough.
 *
 * An MPI program that fails has to end on all ranks: call `abort` where an error reaches the top.
 *
 * @throws ZooError `communicator` if koffi or the MPI library is absent, does not allow calls from threads, belongs to another launcher, or
 *   was opened in this process before, since MPI starts once in a process; and on all ranks if they run different versions of this package.
 */
export async function openCommunicator(options: CommunicatorOptions = {}): Promise<Communicator> {
  const launch = readLaunch();
  if (launch === undefined) {
    warnOfTasksWithoutMpi();
    return oneProcess();
  }
  const library = await loadMpi(launch, options.library ?? process.env['ZOO_MPI_LIBRARY']);
  if (opened) {
    throw new ZooError(
      'communicator',
      'MPI has been opened in this process before, and starts once in a process. Pass the first communicator on.',
    );
  }
  opened = true;
  const communicator = start(library, launch);
  // This fails here if the thread can't call the library.
  await communicator.barrier();
  await expectOneVersion(communicator);
  return communicator;
}

/** Says, from one of them, that the tasks of a plain `srun` are programs of their own: what looks like one run is many. */
function warnOfTasksWithoutMpi(): void {
  const tasks = tasksWithoutMpi();
  if (tasks === 1 || process.env['SLURM_PROCID'] !== '0') return;
  process.emitWarning(
    `srun started ${tasks} tasks without MPI, of which each is a program of its own. To make ranks of one program of them start it with ` +
      '`srun --mpi=pmix` for Open MPI or `srun --mpi=pmi2` for MPICH, or with mpirun.',
  );
}

function start(library: MpiLibrary, launch: Launch): Communicator {
  const { world, inPlace, reductions, threadSerialized } = library.constants;
  const int = (): Int32Array => new Int32Array(new ArrayBuffer(256), 0, 1);
  const provided = int();
  const init = library.declare('MPI_Init_thread', 'void *', 'void *', 'int', 'void *');
  expectSuccess('MPI_Init_thread', init(null, null, threadSerialized, provided));
  if (provided[0]! < threadSerialized) {
    throw new ZooError(
      'communicator',
      `${library.version} was built without threads (MPI_THREAD_SERIALIZED), on which exchanges run. Install one with them.`,
    );
  }
  const ask = (name: string): number => {
    const answer = int();
    expectSuccess(name, library.declare(name, 'handle', 'void *')(world, answer));
    return answer[0]!;
  };
  const rank = ask('MPI_Comm_rank');
  const size = ask('MPI_Comm_size');
  if (size !== launch.size || rank !== launch.rank) {
    throw new ZooError(
      'communicator',
      `The launcher says rank ${launch.rank} of ${launch.size} but ${library.version} says rank ${rank} of ${size}: ` +
        'the library belongs to another launcher. Start with its own mpirun, or name the library in ZOO_MPI_LIBRARY.',
    );
  }

  const thread = startExchangeThread(library);
  let finalized: Promise<void> | undefined;
  const exchange = async (name: ExchangeName, args: readonly unknown[]): Promise<void> => {
    if (finalized !== undefined) throw finalizedError();
    await thread.exchange(name, args);
  };
  const reduceArgs = (values: ExchangedValues, reduction: Reduction): unknown[] => [
    inPlace,
    values,
    values.length,
    library.typeOf(values),
    reductions[reduction],
    world,
  ];
  const spread = async <Values extends ExchangedValues>(
    name: 'MPI_Iallgather' | 'MPI_Ialltoall',
    values: Values,
    all: Values,
    count: number,
  ): Promise<Values> => {
    const type = library.typeOf(values);
    await exchange(name, [inSharedMemory(values), count, type, all, count, type, world]);
    return all;
  };

  const broadcast = async (values: ExchangedValues, root: number): Promise<void> => {
    expectRank(root, size);
    await throughSharedMemory(values, (shared) =>
      exchange('MPI_Ibcast', [shared, shared.length, library.typeOf(shared), root, world]),
    );
  };
  const allGather = <Values extends ExchangedValues>(values: Values): Promise<Values> =>
    spread('MPI_Iallgather', values, sharedLike(values, values.length * size), values.length);

  return {
    library: library.version,
    rank,
    size,
    host: hostname(),
    localRank: launch.localRank ?? 0,
    allReduce: (values, reduction = 'sum') =>
      throughSharedMemory(values, (shared) => exchange('MPI_Iallreduce', reduceArgs(shared, reduction))),
    allReduceNow: (values, reduction = 'sum') => {
      if (finalized !== undefined) throw finalizedError();
      const shared = inSharedMemory(values);
      thread.exchangeNow('MPI_Iallreduce', reduceArgs(shared, reduction));
      if (shared !== values) values.set(shared);
    },
    broadcast: (values, root = 0) => broadcast(values, root),
    allGather,
    allToAll: async (values) => {
      expectWholeParts(values, size);
      return spread('MPI_Ialltoall', values, sharedLike(values, values.length), values.length / size);
    },
    broadcastValue: async <Value>(value: Value, root = 0): Promise<Value> => {
      const bytes = rank === root ? serialize(value) : Buffer.alloc(0);
      const length = Float64Array.of(bytes.length);
      await broadcast(length, root);
      const words = wordsOf(bytes, length[0]!);
      await broadcast(words, root);
      return valueIn(words, length[0]!) as Value;
    },
    gatherValues: async <Value>(value: Value): Promise<Value[]> => {
      const bytes = serialize(value);
      const lengths = await allGather(Float64Array.of(bytes.length));
      const longest = Math.max(...lengths);
      const words = await allGather(wordsOf(bytes, longest));
      const each = words.length / size;
      return [...lengths].map(
        (length, from) => valueIn(words.subarray(from * each, (from + 1) * each), length) as Value,
      );
    },
    barrier: () => exchange('MPI_Ibarrier', [world]),
    abort: (exitCode = 1) => {
      library.declare('MPI_Abort', 'handle', 'int')(world, exitCode);
      return process.exit(exitCode);
    },
    finalize: () =>
      (finalized ??= thread.close().then(() => {
        expectSuccess('MPI_Finalize', library.declare('MPI_Finalize')());
      })),
  };
}

/** Exchanges `values`, or a copy in shared memory that is copied back. */
async function throughSharedMemory<Values extends ExchangedValues>(
  values: Values,
  exchange: (shared: Values) => Promise<void>,
): Promise<void> {
  const shared = inSharedMemory(values);
  await exchange(shared);
  if (shared !== values) values.set(shared);
}

/** `values` where a thread can reach them: themselves, or a copy. */
function inSharedMemory<Values extends ExchangedValues>(values: Values): Values {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const shared = sharedLike(values, values.length);
  shared.set(values);
  return shared;
}

function sharedLike<Values extends ExchangedValues>(values: Values, length: number): Values {
  const make = values.constructor as new (
    buffer: SharedArrayBuffer,
    offset: number,
    length: number,
  ) => Values;
  return new make(new SharedArrayBuffer(length * values.BYTES_PER_ELEMENT), 0, length);
}

/** Bytes in a row of integers that has room for `length` of them. */
function wordsOf(bytes: Uint8Array, length: number): Int32Array {
  const words = new Int32Array(new SharedArrayBuffer(4 * Math.ceil(length / 4)));
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

function valueIn(words: Int32Array, length: number): unknown {
  // A copy: deserialize reads no shared memory.
  return deserialize(Uint8Array.from(new Uint8Array(words.buffer, words.byteOffset, length)));
}

function expectSuccess(name: string, code: number): void {
  if (code !== 0) throw callFailed(name, code);
}
