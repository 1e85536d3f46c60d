import { createRequire } from 'node:module';

import { ZooError } from '@zoo/core';

import type { ExchangedValues, Reduction } from './communicator';
import type { ExchangeWorkerData } from './exchange-worker';
import type { Launch } from './launch';

/** A handle of MPI's: an integer in MPICH's C interface, a pointer in Open MPI's and in the standard ABI's. */
export type Handle = number | bigint;

/** A function of the library; its result is MPI's error code. */
export type ForeignFunction = (...args: unknown[]) => number;

interface ForeignLibrary {
  func(name: string, result: string, parameters: string[]): ForeignFunction;
  symbol(name: string): bigint;
}

/** What is used of koffi; its own types would make it needed wherever this package is compiled. */
interface Koffi {
  load(path: string, options: { global: boolean; lazy: boolean }): ForeignLibrary;
}

/** The constants of one C interface to MPI. */
interface Interface {
  /** C type of communicators, datatypes and operations. */
  readonly handle: 'int' | 'void *';
  readonly world: Handle;
  readonly types: Readonly<Record<'float32' | 'float64' | 'int32', Handle>>;
  readonly reductions: Readonly<Record<Reduction, Handle>>;
  /** MPI_IN_PLACE. */
  readonly inPlace: bigint;
  /** MPI_THREAD_SERIALIZED: any thread may call, one at a time. */
  readonly threadSerialized: number;
}

/** An MPI library in this process, not yet initialized. */
export interface MpiLibrary {
  /** First line of what the library says of itself. */
  readonly version: string;
  readonly constants: Interface;
  /** Declares a function: `handle` in `parameters` stands for this library's type of handles. */
  declare(name: string, ...parameters: ('handle' | 'int' | 'void *')[]): ForeignFunction;
  /** The library's handle for the type of the array's elements. */
  typeOf(values: ExchangedValues): Handle;
  /** What a thread needs to call the same library. */
  forWorker(): Omit<ExchangeWorkerData, 'cells'>;
}

/** Constants of MPICH's mpi.h, which Intel MPI, MVAPICH and Cray MPICH share (the MPICH ABI initiative). */
const MPICH: Interface = {
  handle: 'int',
  world: 0x44000000,
  types: { float32: 0x4c00040a, float64: 0x4c00080b, int32: 0x4c000405 },
  reductions: { max: 0x58000001, min: 0x58000002, sum: 0x58000003 },
  inPlace: -1n,
  threadSerialized: 2,
};

/** Constants of the MPI 5.0 standard, section 20.3.4 and appendix A. */
const STANDARD: Interface = {
  handle: 'void *',
  world: 0x101n,
  types: { float32: 0x210n, float64: 0x214n, int32: 0x209n },
  reductions: { sum: 0x21n, min: 0x22n, max: 0x23n },
  inPlace: 1n,
  threadSerialized: 2048,
};

/** Open MPI's handles are addresses of variables of the library, in version 4 as in 5. */
function openMpi(library: ForeignLibrary): Interface {
  const address = (name: string): bigint => library.symbol(`ompi_mpi_${name}`);
  return {
    handle: 'void *',
    world: address('comm_world'),
    types: { float32: address('float'), float64: address('double'), int32: address('int') },
    reductions: { sum: address('op_sum'), min: address('op_min'), max: address('op_max') },
    inPlace: 1n,
    threadSerialized: 2,
  };
}

const IS_MAC = process.platform === 'darwin';
const OPEN_MPI_FILES = [IS_MAC ? 'libmpi.40.dylib' : 'libmpi.so.40'];
const MPICH_FILES = IS_MAC ? ['libmpi.12.dylib'] : ['libmpich.so.12', 'libmpi.so.12'];
const STANDARD_FILES = IS_MAC
  ? ['libmpi_abi.1.dylib', 'libmpi_abi.0.dylib', 'libmpi_abi.dylib']
  : ['libmpi_abi.so.1', 'libmpi_abi.so.0', 'libmpi_abi.so'];

/**
 * Loads the MPI library that belongs to the launcher.
 *
 * @param launch Whose launcher started this process: a library of another family would see a single rank.
 * @param path The library's file, where it is none of the usual names.
 * @throws ZooError `communicator` if koffi or an MPI library is absent.
 */
export async function loadMpi(launch: Launch, path: string | undefined): Promise<MpiLibrary> {
  const koffi = await importKoffi();
  // Open MPI's own choice for sums in place sends every byte up and down a tree: twice the bytes of this one between two ranks, twenty
  // times between 1,024 (Rabenseifner: a reduction in parts, and the parts sent round).
  process.env['OMPI_MCA_coll_libnbc_iallreduce_algorithm'] ??= 'rabenseifner';
  const files =
    path !== undefined
      ? [path]
      : [...(launch.family === 'open-mpi' ? OPEN_MPI_FILES : MPICH_FILES), ...STANDARD_FILES];
  /** Names of files by the loader's words about them. */
  const problems = new Map<string, string[]>();
  for (const file of files) {
    let library: ForeignLibrary;
    try {
      // Open MPI 4 opens plugins that look for the library's symbols among the process' global ones.
      library = koffi.load(file, { global: true, lazy: true });
    } catch (error) {
      const words = (error instanceof Error ? error.message : String(error)).replaceAll(`${file}: `, '');
      problems.set(words, [...(problems.get(words) ?? []), file]);
      continue;
    }
    return describe(library, file);
  }
  const listed = [...problems].map(([words, names]) => `${names.join(', ')}: ${words}`).join('; ');
  const { launcher, packages, other } = ADVICE[launch.family];
  throw new ZooError(
    'communicator',
    `There is no MPI library for ${launcher} (${listed}). Install it on every machine, on Debian or Ubuntu with \`apt-get install ${packages}\`, ` +
      `or name its file in the variable ZOO_MPI_LIBRARY.${isOfSlurm() ? ` ${other}` : ''}`,
  );
}

/** What to do where a family's library is absent. */
const ADVICE: Readonly<Record<Launch['family'], { launcher: string; packages: string; other: string }>> = {
  'open-mpi': {
    launcher: "Open MPI's launcher",
    packages: 'openmpi-bin',
    other: 'With MPICH start the program by `srun --mpi=pmi2`.',
  },
  mpich: {
    launcher: "MPICH's launcher",
    packages: 'mpich',
    other: 'With Open MPI start the program by `srun --mpi=pmix`.',
  },
};

/** True where srun started this process and not mpirun. */
const isOfSlurm = (): boolean =>
  process.env['SLURM_STEP_ID'] !== undefined && process.env['OMPI_COMM_WORLD_RANK'] === undefined;

async function importKoffi(): Promise<Koffi> {
  // Behind a variable, since it is an optional peer: neither compilers nor bundlers look for it.
  const name = 'koffi';
  try {
    const module = (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as
      Koffi | { default: Koffi };
    return 'default' in module ? module.default : module;
  } catch (error) {
    throw new ZooError(
      'communicator',
      'Training on several ranks calls the MPI library through the package koffi, which is not installed. Run `npm install koffi`.',
      { cause: error },
    );
  }
}

function describe(library: ForeignLibrary, file: string): MpiLibrary {
  const text = new Uint8Array(8192);
  const length = new Int32Array(new ArrayBuffer(256), 0, 1);
  library.func('MPI_Get_library_version', 'int', ['void *', 'void *'])(text, length);
  const version = new TextDecoder().decode(text.subarray(0, length[0])).split(/[\n,\0]/)[0]!;
  const constants = interfaceOf(library, file);
  return {
    version: version.replace(/\s+/g, ' ').trim(),
    constants,
    declare: (name, ...parameters) =>
      library.func(
        name,
        'int',
        parameters.map((type) => (type === 'handle' ? constants.handle : type)),
      ),
    typeOf: (values) =>
      constants.types[
        values instanceof Float32Array ? 'float32' : values instanceof Float64Array ? 'float64' : 'int32'
      ],
    forWorker: () => ({
      // Resolved here, because the thread has no file of its own to resolve from.
      koffi: createRequire(import.meta.url).resolve('koffi'),
      library: file,
      signatures: signaturesWith(constants.handle),
    }),
  };
}

function signaturesWith(handle: Interface['handle']): ExchangeWorkerData['signatures'] {
  const [array, count, request] = ['void *', 'int', 'void *'];
  const half = [array, count, handle];
  return {
    MPI_Iallreduce: [array, ...half, handle, handle, request],
    MPI_Ibcast: [...half, 'int', handle, request],
    MPI_Iallgather: [...half, ...half, handle, request],
    MPI_Ialltoall: [...half, ...half, handle, request],
    MPI_Ibarrier: [handle, request],
    MPI_Test: [request, 'void *', 'void *'],
  };
}

function interfaceOf(library: ForeignLibrary, file: string): Interface {
  // The ABI library of MPI 5 is recognised by name only: both families' libraries may have its functions beside their own constants.
  if (/mpi_abi/.test(file)) return STANDARD;
  try {
    return openMpi(library);
  } catch {
    return MPICH;
  }
}
