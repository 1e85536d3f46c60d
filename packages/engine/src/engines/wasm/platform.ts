import type { WasmBinary, WasmLocation } from './wasm-location';

/** The builds that our kernels, which are SIMD throughout, run beside. */
export type SimdBinary = Exclude<WasmBinary, 'tfjs-backend-wasm.wasm'>;

/** What a worker thread is started with. */
export interface WorkerStart {
  /** The compiled kernels. */
  readonly module: WebAssembly.Module;
  /** The memory that all threads share. */
  readonly memory: WebAssembly.Memory;
  /** Address of the job block. */
  readonly jobAddress: number;
  /** Address of the thread's own scratch memory. */
  readonly scratchAddress: number;
}

/** A worker thread that runs jobs until it is told to stop or terminated. */
export interface WorkerHandle {
  /** Ends the thread. */
  terminate(): Promise<void>;
}

/** What Node.js and browsers do in different ways; `#platform` is one of the two. */
export interface WasmPlatform {
  /** Threads worth starting: the cores allowed to the process, or 1 where threads can't share memory. */
  defaultThreads(): number;
  /** True if memory can be shared between threads. */
  canShareMemory(): boolean;
  /** True if the calling thread may sleep until memory changes; a browser's main thread may not. */
  canBlock(): boolean;
  /** The hash of the kernels' sources where these lie beside the package, in its repository; undefined elsewhere. */
  hashSources(): string | undefined;
  /** A build of tfjs-backend-wasm with SIMD; `location` says where to look, if the caller did. */
  loadBinary(name: SimdBinary, location: WasmLocation | undefined): Promise<Uint8Array>;
  /** Starts a thread that must not keep the process alive. */
  startWorker(start: WorkerStart): WorkerHandle;
  /** Calls `start` and undoes what it leaves on the process (listeners of uncaught errors). */
  withoutListeners<Result>(start: () => Result): Result;
}
