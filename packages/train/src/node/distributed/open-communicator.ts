import { ZooError } from '@zoo/core';

import type { Communicator, ExchangedValues } from './communicator';
import { readLaunch, type Launch } from './launch';
import { loadMpi, type ForeignFunction, type MpiLibrary } from './mpi-library';
import { expectRank, finalizedError, oneProcess } from './one-process';

/** MPI_THREAD_SERIALIZED: any thread may call, one at a time. The same number in all interfaces. */
const THREAD_SERIALIZED = 2;

/** Options of {@link openCommunicator}. */
export interface CommunicatorOptions {
  /** Path or name of the MPI library. Default: the variable `ZOO_MPI_LIBRARY`, else the usual names of the launcher's family. */
  readonly library?: string;
}

let opened = false;

/**
 * The communicator of this process: over MPI if an MPI launcher started it, else {@link oneProcess}.
 *
 * Each exchange is MPI's blocking call on a thread of libuv's pool, one at a time in the order in which they were asked for.
 * So the event loop and the engine go on meanwhile, and messages move without anyone having to poll, which a nonblocking call
 * in most MPI libraries would need; and since only one thread is in MPI at a time, MPI_THREAD_SERIALIZED is enough.
 *
 * An MPI program that fails has to end on all ranks: call `abort` where an error reaches the top.
 *
 * @throws ZooError `communicator` if koffi or the MPI library is absent, does not allow calls from threads, belongs to another
 *   launcher, or was opened in this process before: MPI starts once in a process.
 */
export async function openCommunicator(options: CommunicatorOptions = {}): Promise<Communicator> {
  const launch = readLaunch();
  if (launch === undefined) return oneProcess();
  const library = await loadMpi(launch, options.library ?? process.env['ZOO_MPI_LIBRARY']);
  if (opened) {
    throw new ZooError(
      'communicator',
      'MPI has been opened in this process before, and starts once in a process. Pass the first communicator on.',
    );
  }
  opened = true;
  return start(library, launch);
}

function start(library: MpiLibrary, launch: Launch): Communicator {
  const { world, inPlace, reductions } = library.constants;
  const int = (): Int32Array => new Int32Array(new ArrayBuffer(256), 0, 1);
  const provided = int();
  const init = library.declare('MPI_Init_thread', 'void *', 'void *', 'int', 'void *');
  expectSuccess('MPI_Init_thread', init(null, null, THREAD_SERIALIZED, provided));
  if (provided[0]! < THREAD_SERIALIZED) {
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

  const allReduce = library.declare('MPI_Allreduce', 'void *', 'void *', 'int', 'handle', 'handle', 'handle');
  const broadcast = library.declare('MPI_Bcast', 'void *', 'int', 'handle', 'int', 'handle');
  const allGather = library.declare(
    'MPI_Allgather',
    'void *',
    'int',
    'handle',
    'void *',
    'int',
    'handle',
    'handle',
  );
  const barrier = library.declare('MPI_Barrier', 'handle');

  let last: Promise<unknown> = Promise.resolve();
  let finalized: Promise<void> | undefined;
  const exchange = (name: string, call: ForeignFunction, ...args: unknown[]): Promise<void> => {
    if (finalized !== undefined) return Promise.reject(finalizedError());
    const result = last.then(() => onThread(name, call, args));
    // A failed call is its caller's to hear of; the queue goes on.
    last = result.catch(() => undefined);
    return result;
  };

  return {
    library: library.version,
    rank,
    size,
    localRank: launch.localRank ?? 0,
    allReduce: (values, reduction = 'sum') =>
      exchange(
        'MPI_Allreduce',
        allReduce,
        inPlace,
        pinned(values),
        values.length,
        library.typeOf(values),
        reductions[reduction],
        world,
      ),
    broadcast: async (values, root = 0) => {
      expectRank(root, size);
      await exchange(
        'MPI_Bcast',
        broadcast,
        pinned(values),
        values.length,
        library.typeOf(values),
        root,
        world,
      );
    },
    allGather: async <Values extends ExchangedValues>(values: Values): Promise<Values> => {
      const make = values.constructor as new (length: number) => Values;
      const all = pinned(new make(values.length * size));
      const type = library.typeOf(values);
      const { length } = values;
      await exchange('MPI_Allgather', allGather, pinned(values), length, type, all, length, type, world);
      return all;
    },
    barrier: () => exchange('MPI_Barrier', barrier, world),
    abort: (exitCode = 1) => {
      library.declare('MPI_Abort', 'handle', 'int')(world, exitCode);
      return process.exit(exitCode);
    },
    finalize: () =>
      (finalized ??= last.then(() => {
        expectSuccess('MPI_Finalize', library.declare('MPI_Finalize')());
      })),
  };
}

/** Runs a call on a thread; `args`, arrays among them, are held until it has returned. */
function onThread(name: string, call: ForeignFunction, args: unknown[]): Promise<void> {
  return new Promise((resolve, reject) => {
    call.async(...args, (error: Error | null, code: number) => {
      // Mentions `args`, so that its arrays outlive the call.
      if (error !== null)
        reject(new Error(`${name} was not called with ${args.length} values.`, { cause: error }));
      else if (code !== 0) reject(callFailed(name, code));
      else resolve();
    });
  });
}

/**
 * The same array, its memory off V8's heap.
 *
 * Arrays of up to 64 bytes begin on that heap, where the garbage collector moves them under a running call; reading `buffer`
 * takes them off it for good.
 */
function pinned<Values extends ExchangedValues>(values: Values): Values {
  Reflect.get(values, 'buffer');
  return values;
}

function expectSuccess(name: string, code: number): void {
  if (code !== 0) throw callFailed(name, code);
}

function callFailed(name: string, code: number): ZooError {
  return new ZooError(
    'communicator',
    `${name} failed with error ${code}. The launcher's output says which rank or machine is gone.`,
  );
}
