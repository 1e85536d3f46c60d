import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { memoize } from '@zoo/core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { platform } from '#platform';

import { registerGradients } from '../../kernels/register-gradients';
import { MEMORY_LIMIT_BYTES, THREADS, type EnginePurpose } from '../engine-candidate';

import { compileKernels } from './compile-kernels';
import { KernelContext } from './kernel-context';
import { MemoryGuard } from './memory-guard';
import { PackedWeights } from './packed-weights';
import { registerKernels, registerNew } from './register-kernels';
import { createBackend, memoryOf, type TfjsWasmModule } from './tfjs-backend';
import { isShared, ThreadPool, type Allocator } from './thread-pool';
import { WASM_LOCATION, withFinalSlash, type WasmLocation } from './wasm-location';

const START_WASM_OPTIONS = {
  /**
   * Threads to compute on, the calling one included. Default: the cores allowed to the process; 1 in a browser's page that is
   * not cross-origin isolated, since it can't share memory.
   */
  threads: THREADS,
  /** Bytes that tensors may take before an error says so. Default: the end of the 32-bit heap, 4 GiB. */
  memoryLimitBytes: MEMORY_LIMIT_BYTES,
  /**
   * The folder (in Node.js a path or file: URL, in browsers a URL) of tfjs-backend-wasm's .wasm files, or, as bundlers give them,
   * the place of each by its name. Default: in Node.js the installed package, in browsers a script of this package that holds the file.
   */
  wasmLocation: WASM_LOCATION,
} as const satisfies OptionTable;

/** Options of {@link startWasm}. */
export interface StartWasmOptions extends OptionsOf<typeof START_WASM_OPTIONS> {}

/** The wasm engine, started. */
export interface StartedWasm {
  /** Threads that the kernels compute on. */
  readonly threads: number;
  /** True if the kernels use fused multiply-add, which needs relaxed SIMD: Node.js 22 or later, today's browsers. */
  readonly hasFusedMultiplyAdd: boolean;
  /** Bytes that tensors may take before an error says so. */
  readonly memoryBytes: number;
  /** Ends the worker threads; tensors stay, and what is computed later runs on the calling thread alone. */
  dispose(): Promise<void>;
}

interface Running {
  readonly engine: StartedWasm;
  /** Registers what training steps alone call; once, however often it is called. */
  readonly prepareTraining: () => Promise<void>;
}

let started: Promise<Running> | undefined;

/**
 * Makes wasm TensorFlow.js' current backend, with every kernel that training needs, on several threads.
 *
 * Any tfjs model trains on it, not only zoo's. In Node.js the threads do not keep the process alive. A second call makes wasm current again
 * and returns the running engine; its options are ignored.
 *
 * @example
 * const engine = await startWasm({ threads: 2 });
 * await model.fit(images, labels);
 *
 * @throws ArgumentError for an unknown option or a number out of range; ZooError `engine-unavailable` in a repository whose kernels
 * have changed since they were compiled.
 */
export async function startWasm(options: StartWasmOptions = {}): Promise<StartedWasm> {
  return startWasmFor('train', options);
}

/** {@link startWasm} for a purpose; started to infer, it is made ready to train when it is started for that. */
export async function startWasmFor(purpose: EnginePurpose, options: StartWasmOptions): Promise<StartedWasm> {
  readOptions(START_WASM_OPTIONS, options);
  started ??= start(options).catch((error: unknown) => {
    started = undefined;
    throw error;
  });
  const { engine, prepareTraining } = await started;
  if (purpose === 'train') await prepareTraining();
  await tf.setBackend('wasm');
  return engine;
}

async function start({ threads, memoryLimitBytes, wasmLocation }: StartWasmOptions): Promise<Running> {
  const sourcesHash = platform.hashSources();
  if (sourcesHash !== undefined) {
    const [{ expectFreshKernels }, { SOURCES_HASH }] = await Promise.all([
      import('./expect-fresh-kernels'),
      import('./generated/sources-hash'),
    ]);
    expectFreshKernels(SOURCES_HASH, sourcesHash);
  }
  const backend = await currentOrNewBackend(withFinalSlash(wasmLocation));
  const memory = memoryOf(backend);
  const guard = new MemoryGuard(backend.wasm as unknown as TfjsWasmModule, memoryLimitBytes);
  const allocator = allocatorOf(backend);
  const threadCount = isShared(memory) ? (threads ?? platform.defaultThreads()) : 1;
  const pool = new ThreadPool(await compileKernels(isShared(memory)), memory, allocator, threadCount);
  const weights = new PackedWeights(allocator, backend, guard);
  const context = new KernelContext(backend, pool, weights);
  registerKernels(context, guard);
  registerGradients();
  const engine: StartedWasm = {
    get threads() {
      return pool.threads;
    },
    hasFusedMultiplyAdd: pool.hasFusedMultiplyAdd,
    memoryBytes: guard.limitBytes,
    dispose: () => pool.dispose(),
  };
  const prepareTraining = memoize(async () => {
    const { TRAINING_KERNELS } = await import('./training-kernels');
    registerNew(context, guard, TRAINING_KERNELS);
  });
  return { engine, prepareTraining };
}

/** The wasm backend if tfjs has started one already, since tensors may live there; otherwise one whose memory threads share, where they can. */
async function currentOrNewBackend(wasmLocation: WasmLocation | undefined): Promise<BackendWasm> {
  await import('@tensorflow/tfjs-backend-wasm');
  if ('wasm' in tf.engine().registry) return tf.findBackend('wasm') as unknown as BackendWasm;
  const backend = await createBackend(wasmLocation, { isShared: platform.canShareMemory() });
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', () => backend, 2);
  await tf.setBackend('wasm');
  await tf.ready();
  return tf.backend() as unknown as BackendWasm;
}

function allocatorOf(backend: BackendWasm): Allocator {
  const module = backend.wasm as unknown as TfjsWasmModule;
  return {
    allocate: (sizeBytes) => module._malloc(sizeBytes) >>> 0,
    free: (address) => module._free(address),
  };
}
