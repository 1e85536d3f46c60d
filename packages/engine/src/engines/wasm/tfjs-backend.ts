import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

import { platform } from '#platform';

import type { WasmLocation } from './wasm-location';

/** The members of Emscripten's module that the kernels use; tfjs's own declaration leaves most of them out. */
export interface TfjsWasmModule {
  _malloc(sizeBytes: number): number;
  _free(address: number): void;
  readonly HEAPU8: Uint8Array;
  readonly wasmMemory?: WebAssembly.Memory;
  readonly asm: { readonly memory?: WebAssembly.Memory };
}

type TfjsModule = BackendWasm['wasm'] & CwrapModule;
type CreateModule = (config: object) => Promise<TfjsModule>;

interface CwrapModule {
  cwrap(name: string, returns: string | null, parameters: readonly string[]): (...values: number[]) => number;
}

/** Pages of tfjs's own initial memory, and all that 32 bits address. */
const INITIAL_PAGES = 256;
const MAXIMUM_PAGES = 65536;

/**
 * A tfjs wasm backend, itself single-threaded, on a memory that our threads can share if `isShared`.
 *
 * tfjs's threaded build starts 8 workers of its own for XNNPACK, which fail in Node.js (tfjs#3830); our kernels compute on
 * threads of ours, so stand-ins take the place of those workers while the module starts.
 */
export async function createBackend(
  binaryLocation: WasmLocation | undefined,
  { isShared }: { isShared: boolean },
): Promise<BackendWasm> {
  const { BackendWasm, setThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
  const module = await (isShared ? createSharedModule : createOwnModule)(binaryLocation);
  bindTfjsFunctions(module);
  if (isShared) setThreadsCount(1);
  return new BackendWasm(module);
}

async function createSharedModule(location: WasmLocation | undefined): Promise<TfjsModule> {
  const [glue, wasmBinary] = await Promise.all([
    import('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js'),
    platform.loadBinary('tfjs-backend-wasm-threaded-simd.wasm', location),
  ]);
  const wasmMemory = new WebAssembly.Memory({
    initial: INITIAL_PAGES,
    maximum: MAXIMUM_PAGES,
    shared: true,
  });
  const createModule = glue.default as CreateModule;
  return platform.withoutListeners(() =>
    withStandInWorkers(() => createModule({ wasmBinary, wasmMemory, locateFile: (path: string) => path })),
  );
}

async function createOwnModule(location: WasmLocation | undefined): Promise<TfjsModule> {
  const [glue, wasmBinary] = await Promise.all([
    import('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js'),
    platform.loadBinary('tfjs-backend-wasm-simd.wasm', location),
  ]);
  const createModule = glue.default as CreateModule;
  return createModule({ wasmBinary, locateFile: (path: string) => path });
}

/** What tfjs's own start-up adds to the module. */
function bindTfjsFunctions(module: TfjsModule): void {
  module.tfjs = {
    init: module.cwrap('init', null, []),
    initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: module.cwrap('get_threads_count', 'number', []),
    registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: module.cwrap('dispose_data', null, ['number']),
    dispose: module.cwrap('dispose', null, []),
  };
}

/** A worker that says it has loaded and never does anything. */
class StandInWorker {
  onmessage: ((event: { data: { cmd: string } }) => void) | null = null;

  postMessage(message: { cmd?: string }): void {
    if (message.cmd === 'load') this.onmessage?.({ data: { cmd: 'loaded' } });
  }

  on(): void {}
  ref(): void {}
  unref(): void {}
  terminate(): void {}
}

/** Calls `start` while the global `Worker` is the stand-in; the global is as before when this returns. */
function withStandInWorkers<Result>(start: () => Result): Result {
  const original = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  // A setter that ignores: in Node.js the module assigns its own worker class to the global.
  Object.defineProperty(globalThis, 'Worker', {
    configurable: true,
    get: () => StandInWorker,
    set: () => undefined,
  });
  try {
    return start();
  } finally {
    if (original === undefined) Reflect.deleteProperty(globalThis, 'Worker');
    else Object.defineProperty(globalThis, 'Worker', original);
  }
}

/** The memory of a backend that was started by tfjs itself. */
export function memoryOf(backend: BackendWasm): WebAssembly.Memory {
  const { wasmMemory, asm } = backend.wasm as unknown as TfjsWasmModule;
  const memory = wasmMemory ?? asm.memory;
  if (memory === undefined) throw new Error('This build of tfjs-backend-wasm does not export its memory.');
  return memory;
}
